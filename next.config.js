/**
 * The base path is fixed when Next builds. A production build therefore gets a placeholder, which the server replaces
 * by the configured path in a copy at its start (server/http/pages.ts); development takes the path itself.
 * @type {import('next').NextConfig}
 */
export default {
  basePath: process.env.ROADSTEAD_NEXT_BASE_PATH ?? '/__roadstead_base_path__',
  distDir: process.env.ROADSTEAD_NEXT_FOLDER ?? '.next',
  reactStrictMode: true,
  poweredByHeader: false,
  // Types and lint are steps of their own in `npm test`.
  typescript: { ignoreBuildErrors: true },
  devIndicators: false,
  // A build is made once for its sources: writing the cache for another one took a third of its time.
  experimental: { turbopackFileSystemCacheForBuild: false },
  // Messages are compiled on the server (app/page-language.ts): the parser, 20 kB, stays out of the browser.
  turbopack: { resolveAlias: { 'use-intl/format-message': 'use-intl/format-message/format-only' } },
}
