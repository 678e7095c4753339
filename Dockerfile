# syntax=docker/dockerfile:1
# Two images: `runtime` trains, `workbench` adds JupyterLab, TensorBoard, Python and ssh for people.
#
#   docker build --target runtime -t belay .
#   docker build --target workbench -t belay-workbench .
#
# docs/operating.md says how to run them. tools/src/container/build_image builds them without Docker.

# Ubuntu 22.04 LTS, by digest: the newest LTS whose own Python is 3.10, the last that TensorFlow 2.10 has wheels for.
ARG BASE=ubuntu:22.04@sha256:0eb0f877e1c869a300c442c41120e778db7161419244ee5cbc6fa5f134e74736

FROM ${BASE} AS java
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/*

# Builds Belay, takes what TensorFlow opens out of CUDA's jar, and unpacks TensorFlow.
FROM java AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends openjdk-17-jdk-headless curl unzip \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . /src
RUN --mount=type=cache,target=/root/.m2 \
    ./mvnw -q -B -pl tools -am -DskipTests -DskipTestCompile -Dfmt.skip package
ARG CUDA=11.2-8.1-1.5.5
RUN --mount=type=cache,target=/root/.m2 \
    ./mvnw -q -B -N org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
      -Dartifact=org.bytedeco:cuda:${CUDA}:jar:linux-x86_64-redist -DoutputDirectory=/cuda \
    && unzip -q -j "/cuda/cuda-${CUDA}-linux-x86_64-redist.jar" -d /opt/cuda \
      '*/libcudart.so.*' '*/libcublas.so.*' '*/libcublasLt.so.*' '*/libcufft.so.*' '*/libcurand.so.*' \
      '*/libcusolver.so.*' '*/libcusparse.so.*' '*/libcudnn*.so.*' \
    && rm -r /cuda \
    && chmod 755 /opt/cuda/*
RUN mkdir -p /opt/belay \
    && cp -r belay examples LICENSE tools/target/lib /opt/belay/ \
    && cp tools/target/belay.jar /opt/belay/lib/ \
    && mkdir /opt/belay/native \
    && BELAY_SHARE_CLASSES=yes /opt/belay/belay doctor \
    && chmod -R a+rX /opt/belay \
    && chmod a+w /opt/belay/native/.lock

FROM java AS runtime
COPY --from=build /opt/cuda /opt/cuda
COPY --from=build /opt/belay /opt/belay
# JavaCPP takes a cache only where it may write, or it would unpack all anew.
RUN chmod 1777 /opt/belay/native \
    && echo /opt/cuda > /etc/ld.so.conf.d/cuda.conf \
    && ldconfig \
    && useradd --create-home --uid 1000 --shell /bin/bash belay \
    && mkdir -p /work /var/cache/cuda \
    && chown belay:belay /work /var/cache/cuda \
    && ln -s /opt/belay/belay /usr/local/bin/belay
# What the driver of the host puts into the container, and where it keeps the kernels that it compiles.
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    CUDA_CACHE_PATH=/var/cache/cuda \
    CUDA_CACHE_MAXSIZE=4294967296
USER 1000:1000
WORKDIR /work
VOLUME ["/work", "/var/cache/cuda"]
HEALTHCHECK --interval=15m --timeout=2m --start-period=1m CMD ["belay", "doctor"]
ENTRYPOINT ["belay"]

FROM runtime AS workbench
USER 0:0
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
      git openjdk-17-jdk-headless openssh-server python3.10 python3.10-venv \
    && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_*
COPY container/requirements.txt /opt/python/requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    python3.10 -m venv /opt/python \
    && /opt/python/bin/pip install -r /opt/python/requirements.txt
COPY container/kernel.json /opt/python/share/jupyter/kernels/java/kernel.json
COPY container/sshd_config /etc/belay/sshd_config
COPY container/workbench /usr/local/bin/workbench
RUN chmod 755 /usr/local/bin/workbench \
    && mkdir -p /run/sshd \
    && install -d -o belay -g belay -m 700 /home/belay/.ssh
ENV PATH=/opt/python/bin:$PATH
USER 1000:1000
EXPOSE 8888 6006 2222
HEALTHCHECK --interval=1m --timeout=10s --start-period=1m \
    CMD ["python3.10", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8888/api')"]
ENTRYPOINT ["workbench"]
