# Any image with Node 26 and a C library as of Debian 12 will do, so that a mirror's or an own one can take its place.
ARG BASE=node:26-bookworm-slim
# Needs npm too; what it holds does not reach the result.
ARG BUILD_BASE=$BASE

FROM $BUILD_BASE AS build
ENV NEXT_TELEMETRY_DISABLED=1
WORKDIR /app
COPY package.json package-lock.json ./
# With the development packages: Next wants TypeScript there to build. The optional ones are the compilers of the pages, which come per platform. Scripts are not needed: ssh2's native
# parts have pure JavaScript in their place.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# After the build the compilers go, our own copy of Node, and what runs only in the browser (it is in the build). So do
# source maps and Next's second, ES module form, which its server does not load.
RUN NODE_ENV=production node node_modules/next/dist/bin/next build \
 && rm -rf .next/cache .next/dev \
 && npm uninstall --no-save --ignore-scripts --no-audit --no-fund --omit=dev --omit=optional \
    @fontsource-variable/inter @fontsource-variable/jetbrains-mono @tailwindcss/postcss @tanstack/react-query \
    @tanstack/react-virtual @xterm/xterm clsx cmdk lucide-react nuqs radix-ui recharts sonner \
    tailwind-merge tailwindcss \
 && find node_modules -name '*.map' -exec rm {} + \
 && rm -rf node_modules/next/dist/esm

FROM $BASE
# Numbers, since not every base knows the name `node`; 1000 is that user in the public one.
ENV NODE_ENV=production \
    NEXT_TELEMETRY_DISABLED=1 \
    ROADSTEAD_BIND=0.0.0.0 \
    ROADSTEAD_DATA=/data
WORKDIR /app
COPY --from=build /app/package.json /app/next.config.js ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/lib ./lib
COPY --from=build /app/server ./server
COPY --from=build /app/.next ./.next
COPY --from=build /app/public ./public
# Commands for a container of this image on the same volume, such as `node scripts/rotate-key.ts`.
COPY --from=build /app/scripts/rotate-key.ts /app/scripts/verify-audit.ts ./scripts/
# Written are the data and, at the start, `.next-run…`: the pages with their base path put in. That folder is replaced as
# a whole, for which the user has to own the one it is in; what else is there stays root's.
RUN mkdir /data && chown 1000:1000 /app /data
USER 1000:1000
VOLUME /data
EXPOSE 7700
# The base path is part of every address.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "const at = new URL(process.env.ROADSTEAD_URL || 'http://x'); fetch(`http://127.0.0.1:${process.env.ROADSTEAD_PORT || 7700}${at.pathname.replace(/\\/+$/, '')}/api/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server/index.ts"]
