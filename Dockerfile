# The image of every `ioc` process in production, as in `docker run ioc-monitor worker`. Settings come as IOC_...
# variables, secrets as files; neither is in the image.
FROM python:3.12-slim AS build
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /src
COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.txt
COPY . .
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-index --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin ioc \
    && install --directory --owner ioc --mode 700 /var/lib/ioc-relay /var/lib/ioc-cases
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
ENTRYPOINT ["ioc"]
CMD ["--help"]
