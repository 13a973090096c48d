FROM python:3.13-slim AS builder

# No pip in the environment that is shipped: the base image's own fills it from outside.
RUN python -m venv --without-pip /opt/venv
COPY requirements.lock /tmp/
# Wheels only: building an sdist would fetch its build tools, which no hash covers.
RUN pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: \
    --no-cache-dir --no-compile --disable-pip-version-check -r /tmp/requirements.lock

# The project is not built but put on the path as it is. A wheel needs a build backend, once more
# unhashed code, and would part `worker` from `migrations` and `schemas`, which it looks for
# beside itself.
RUN site=$(/opt/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
 && echo /app > "$site/venue-worker.pth" \
 && printf '#!/opt/venv/bin/python\nfrom worker.__main__ import main\n\nmain()\n' \
    > /opt/venv/bin/venue-worker \
 && chmod 755 /opt/venv/bin/venue-worker
# Compiled here, because at run time nothing can be written. Unchecked, because nothing can change
# either, and because time stamps would make every build differ.
RUN /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib

COPY worker /app/worker
COPY migrations /app/migrations
COPY schemas /app/schemas
# Whatever the umask of the checkout was, the user of the image can read it.
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /app/worker \
 && chmod -R a=rX /app


FROM python:3.13-slim

# The number is fixed so that orchestrators can check it; the name is there because yoyo notes who
# applied a migration and fails for a user that has none.
RUN groupadd --gid 10001 venue \
 && useradd --uid 10001 --gid venue --no-log-init --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin venue

# Two layers: the dependencies change seldom.
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /app /app

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    VENUE_HTTP_HOST=0.0.0.0 \
    VENUE_HTTP_PORT=8080

WORKDIR /app
USER 10001:10001
EXPOSE 8080

# Prints the answer too: `docker inspect` then says what the worker is waiting for. The interval is
# also how long Docker waits before it asks first.
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-IS", "-c", "import http.client, os, sys; \
port = int(os.environ['VENUE_HTTP_PORT']); \
connection = http.client.HTTPConnection('localhost', port, timeout=4); \
connection.request('GET', '/health/ready'); \
answer = connection.getresponse(); \
print(answer.read().decode()); \
sys.exit(answer.status != 200)"]

ENTRYPOINT ["venue-worker"]
CMD ["run"]
