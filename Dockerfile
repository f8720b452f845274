# The image of every `ioc` process in production: docker run ioc-monitor worker. Settings come as IOC_... variables,
# secrets as files; nothing of either is in the image.
FROM python:3.12-slim AS dependencies
COPY requirements.txt .
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
      --only-binary :all: --require-hashes --requirement requirements.txt

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin ioc
COPY --from=dependencies /opt/venv /opt/venv
COPY ioc /srv/ioc/ioc
COPY streams /srv/ioc/streams
COPY dashboards /srv/ioc/dashboards
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/srv/ioc PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
ENTRYPOINT ["python", "-c", "from ioc.cli import main; main()"]
CMD ["--help"]
