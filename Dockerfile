# The drawing page of lenet-sklearn in a container. This file was not built where it was written.
#
#   docker build -t lenet-demo .
#   docker run --rm -p 127.0.0.1:7860:7860 --read-only --tmpfs /tmp lenet-demo
#
# Then open http://127.0.0.1:7860. The container needs no network, no volume and no rights.
FROM python:3.12-slim

WORKDIR /src
# The build of torch without CUDA is a tenth of the size.
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu torch
COPY pyproject.toml README.md LICENSE ./
COPY lenet_sklearn ./lenet_sklearn
RUN pip install --no-cache-dir ".[demo,explain]"

RUN useradd --create-home painter
USER painter
WORKDIR /home/painter
ENV OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1 MPLCONFIGDIR=/tmp
EXPOSE 7860
# 0.0.0.0 is the container; "-p 127.0.0.1:…" above decides who reaches it.
CMD ["lenet-sklearn", "demo", "--host", "0.0.0.0"]
