# The appliance as a container image. Both bases can be replaced, by a mirror or by one's own:
#   docker build --build-arg SDK_IMAGE=… --build-arg RUNTIME_IMAGE=… -t codesignd .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -v codesign-data:/var/lib/codesign -v /run/secrets/codesign:/run/credentials:ro -p 7443:7443 -p 8443:8443 codesignd
# First `init`, once, with the same volume:
#   docker run -it -v codesign-data:/var/lib/codesign codesignd init --listen 0.0.0.0:7443 --https 0.0.0.0:8443 --host-name …
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY wire-protocol wire-protocol
COPY appliance appliance
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 MSBUILDDISABLENODEREUSE=1
RUN dotnet publish appliance/CodeSign.Appliance -c Release -o /out --no-self-contained

FROM ${RUNTIME_IMAGE}
# Numbers, so that a cluster can tell that it isn't root; the folder exists, so that a new volume belongs to the user.
RUN echo 'codesign:x:10001:10001::/var/lib/codesign:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'codesign:x:10001:' >> /etc/group \
 && mkdir -m 700 /var/lib/codesign && chown 10001:10001 /var/lib/codesign
COPY --from=build /out /usr/lib/codesign
ENV DOTNET_EnableDiagnostics=0 CREDENTIALS_DIRECTORY=/run/credentials
USER 10001:10001
VOLUME /var/lib/codesign
EXPOSE 7443 8443
# Over the 0600 socket: no client and no certificate needed in the image.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["dotnet", "/usr/lib/codesign/codesignd.dll", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "/usr/lib/codesign/codesignd.dll"]
CMD ["run"]
