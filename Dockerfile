# AgentGate for `serve`: in front of a remote MCP server, without root, its files in /data.
#
#   docker build -t agentgate .
#   docker run --rm -p 7072:7072 -v agentgate:/data agentgate \
#     serve --transport http --upstream https://example.com/mcp --host 0.0.0.0
#
# Binding to more than loopback needs a certificate (--tls-cert, --tls-key) or `client_token` in the
# [serve] table of /data/config.toml. A stdio server for `wrap` needs its own runtime: build an image
# from this one that has it.
FROM denoland/deno:debian-2.9.6 AS bundle
WORKDIR /source
COPY . .
RUN deno run -A scripts/build_npm.ts /package

FROM denoland/deno:debian-2.9.6
COPY --from=bundle /package/js /opt/agentgate
RUN mkdir /data && chown deno:deno /data
USER deno
ENV AGENTGATE_HOME=/data
VOLUME /data
EXPOSE 7070 7072
ENTRYPOINT ["deno", "run", "-A", "--quiet", "--no-config", "--no-lock", "/opt/agentgate/main.js"]
CMD ["--help"]
