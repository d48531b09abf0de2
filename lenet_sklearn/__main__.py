"""Run the command line as ``python -m lenet_sklearn``."""

from lenet_sklearn.cli import main

if __name__ == "__main__":  # not where tools import every module
    main()
