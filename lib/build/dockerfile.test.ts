import { expect, it } from 'vitest'
import { readDockerfile } from './dockerfile.ts'

it('tells arguments, stages and images', () => {
  const found = readDockerfile(`\uFEFF# syntax=docker/dockerfile:1.7
ARG BASE=alpine:3.20
FROM --platform=$BUILDPLATFORM $BASE AS build
ARG VERSION GREETING="hello there"
ARG BASE
# COPY --from=commented /a /b
COPY --from=registry.lab/tools:1 \\
  # a comment in between
  /a /b
from scratch
copy --from=build /a /a
COPY --from=0 /b /b
`)
  expect(found).toEqual({
    args: [
      { name: 'BASE', value: 'alpine:3.20' },
      { name: 'VERSION', value: null },
      { name: 'GREETING', value: 'hello there' },
    ],
    stages: ['build'],
    images: ['$BASE', 'registry.lab/tools:1'],
    buildKit: [],
    syntax: 'docker/dockerfile:1.7',
  })
})

it.each<[string, { line: number; feature: string }[]]>([
  ['FROM a\nRUN --mount=type=cache,target=/c make', [{ line: 2, feature: 'RUN --mount' }]],
  [
    'FROM a\nRUN \\\n  --network=none --mount=type=tmpfs,target=/t make',
    [
      { line: 2, feature: 'RUN --network' },
      { line: 2, feature: 'RUN --mount' },
    ],
  ],
  ['FROM a\nRUN tool --mount=x', []],
  ['FROM a\nCOPY --chown=1:1 --chmod=755 a b', [{ line: 2, feature: 'COPY --chmod' }]],
  ['FROM a\nADD --checksum=sha256:0 https://x/y /y', [{ line: 2, feature: 'ADD --checksum' }]],
  [
    'FROM a\nRUN <<EOF\nFROM b\nRUN --mount=x y\nEOF\nCOPY --link a b',
    [
      { line: 2, feature: 'RUN <<EOF' },
      { line: 6, feature: 'COPY --link' },
    ],
  ],
  ["FROM a\nCOPY <<-'A' <<B /x/\n\tA\nB\nRUN y", [{ line: 2, feature: 'COPY <<A' }]],
  ['FROM a\nRUN echo $((1<<2)) && echo "a<<b"', []],
  ['# escape=`\nFROM a\nRUN dir `\n --mount=x\nCOPY --link C:\\ b', [{ line: 5, feature: 'COPY --link' }]],
])('%j asks BuildKit for', (text, buildKit) => expect(readDockerfile(text).buildKit).toEqual(buildKit))

it('does not fall over what is no Dockerfile', () => {
  for (const text of ['', '\0\0', 'RUN <<NEVER\nx', 'FROM', 'ARG ===', '\\', 'COPY --from= a b'])
    expect(readDockerfile(text)).toMatchObject({ buildKit: expect.any(Array) })
})
