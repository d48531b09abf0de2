import joblib

from lenet_sklearn._runs.jobs import job_number, numbered


def test_a_job_has_a_number_inside_alone():
    assert job_number() is None
    with numbered(0):
        assert job_number() == 0
        with numbered(5):
            assert job_number() == 5
        assert job_number() == 0
    assert job_number() is None


def test_a_process_of_joblib_has_one_of_its_own():
    def look():
        import os
        import time

        time.sleep(0.2)  # so that each process takes its part
        return os.getpid(), job_number()

    seen = joblib.Parallel(n_jobs=2)(joblib.delayed(look)() for _ in range(6))
    numbers = dict(seen)
    assert len(numbers) == 2
    assert len(set(numbers.values())) == 2
    assert all(isinstance(number, int) for number in numbers.values())
