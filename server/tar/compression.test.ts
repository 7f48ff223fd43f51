import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ArchiveCompression } from '#lib/contracts/archives.ts'
import { chunksOf } from '../testing/archive-maker.ts'
import { decompressed, plainTar } from './compression.ts'

const text = Array.from({ length: 120 }, (_, index) => `line ${index}\n`).join('')
/** Written by the formats' own tools (XZ Utils 5.4, bzip2 1.0.8); Node packs neither. `Parts` are two streams in one file. */
const packed = {
  xz: '/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4APJAJFdADYaSh8IoCXB3pS6kMw7Kx81OvJf1Z5+c7Le6vfCLQQnMVvKDEf8ldIdW3ykSPjamraGPS5yX8qBD6MEmU+0TErz7LQZF1glZAp03R+qhGXcA+rC+wSWn1D3P0AzkZjOe0yhx9gSiKScdGhYsWbMyqp7fQ9kgTf85xsAy4xoF/jyQEYRZ0gldaR0jaVjcNBc8wAAAAAAcWSPiAABqQHKBwAArKWZ3D4wDYsCAAAAAAFZWg==',
  xzParts:
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AHkAF9dADYaSh8IoCXB3pS6kMw7Kx81OvJf1Z5+c7Le6vfCLQQnMVvKDEf8ldIdW3ykSPjamraGPS5yX8qBD6MEmU+0TErz7LQZF1glZAp03R+qhGXcA+rC+wSWn1D3PzkgSFaaAACBT0lMmrNpUgABe+UDAAAAns4xULHEZ/sCAAAAAARZWgAAAAAAAAAA/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4AHkAGFdAAUcCmPF2cOcUTMAL6WQJ+rRIH4y7BKTsSGbJo1amAX5Udpv5KGTyUHj2rN0ue5oeA9RHRF8stGh2zF6WZZl8P8PZI/t8yoQWimfVTnKix4lW8TiRVYXAbiFTQ5+KqK18/MAAAAAAAF15QMAAADurztqqAAK/AIAAAAAAFlaAAAAAA==',
  xzSha256:
    '/Td6WFoAAArh+wyhAgAhARYAAAB0L+WjAQAAeAAAAAAtcRZCtyawRAFifKn7rDL1yFMPsZA8xNsCJYcXkhpIgQABMQEPgtyRGJtLmgEAAAAAClla',
  bzip2:
    'QlpoOTFBWSZTWbxZLEkAAW1ZAAAQQAB/4AIlMADjAiIaen+pUQFMABNBiogb/1VUaep5zms9a7vaebZALu7u7uzgB2OQNB0DoGg5A7HACzIBtQAe1VYxj2SpJJJ5usUzUkgPnWlm1s22222222cRyA9ywh4A9Swg8g8ywgeg8SwgPY5lhAPhxLCAOmlnW4cgEs7klt7klt/pJbe5Jbf8XckU4UJC8WSxJA==',
  bzip2Parts:
    'QlpoOTFBWSZTWQBmZiYAALTZAAAQQAB/4AIlIACEK1TZtVH/6qp+pANqqD/9VUANOs8cuefT3nk6AQbAsOA4Cw2Xd96qqrvMzMXJJOarUk3JN6rV3e7c9YOrlrAVgIADA41Vxqrt+tVxqr+LuSKcKEgAMzMTAEJaaDkxQVkmU1mJ2YFcAAAK2QAAEEAAf+ACJSAAiDAH6p/6lIAkpTb9Ko/VGj1MZbb8czpcABZJJJbQAAMzMzMzOyEmZvfvohvW9767Ia0Q0A6821VVVVVVVWgW220hbbbSD4ttpDhCThCT8Qk4Qk/i7kinChIROzArgA==',
  xzBombInGzip:
    'H4sIAAAAAAACA/trXhURxcDA8uzaFjcmBkVGMQYGhhL9p4v//xdkzIllYMj/+///4u3/3e08RIssEwN3TNJ4triN/ee7J3JNl/WPWtkwem+sO9nV5au/mPdm/bLHPcqCwQ8iJY6Wdj0q/7FtSj1P1oF7JZ4pj17GBG9iufHdhWd1PG+u28unh8s6tk8LX7PN92GmbP5v7w6BHKfTHfYxDP0X/NaraUwplLftV3lYMG+5cvwbjdOtF6fO6KrTmvhJvfS75AG2Gb4z/t5Yf3UC/xHV4B9fJ5oZsi7d8C7/YIGvO8/FiYKr1ibI7jq3UV0iJrLtZVpQxL6XZWsinzyNZuX4efzW2j+/g7RLzspFKzj9vBts+0MzhdO64bRWzv2t1h+O7NWLX8Vv553mNEGY77/A5B+FFZE/uM/+n6rhxr/yT82937MM9MIO9Ld+bm48kEplq/d4qD+LmP9fgFGb4U1x8PK/+9bVGErN395rmDdywoA0qwP57TeNBthogI0G2GiAjQbYaICNBthogI0G2GiAjQbYaICNBthogI0G2GiAjQbYaICNBthogI0G2GiAjQbYaICNBthogI0G2GiAjQbYaICNBthogI0G2GiAjQbYaICNBthogI0G2GiAjQbYaIANtgBruV7BYERSgF1Si13UwAACfAdDfz+65xbFwHg1uuHFJLW7f7eLbjyS/psJJMkSGQUANRYVvfwtAAA=',
  bzip2Bomb:
    'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZ5rrG9wEFMECAwAAAIAAIIAAwzAUppgUSBsQUSB4u5IpwoSH1UgaS',
} as const
const bytesOf = (name: keyof typeof packed) => Buffer.from(packed[name], 'base64')

async function unpack(bytes: Buffer, size = 7): Promise<[ArchiveCompression | undefined, string]> {
  let told: ArchiveCompression | undefined
  const parts: Buffer[] = []
  for await (const part of plainTar(chunksOf(bytes, size), (compression) => {
    told = compression
  }))
    parts.push(part)
  return [told, String(Buffer.concat(parts))]
}

describe('unpacks', () => {
  it.each<[ArchiveCompression, string, Buffer, number?]>([
    ['none', 'what is not packed', Buffer.from(text)],
    ['gzip', 'gzip', gzipSync(text)],
    ['zstd', 'zstd', zstdCompressSync(text)],
    ['xz', 'xz with CRC32', bytesOf('xz')],
    ['xz', 'xz in one piece', bytesOf('xz'), 10_000],
    ['xz', 'xz of several streams, without a check, zeros between and behind them', bytesOf('xzParts')],
    ['xz', 'the same in one piece', bytesOf('xzParts'), 10_000],
    ['bzip2', 'bzip2', bytesOf('bzip2')],
    ['bzip2', 'bzip2 of several streams', bytesOf('bzip2Parts'), 10_000],
  ])('%s: %s', async (compression, _, bytes, size) => {
    expect(await unpack(bytes, size)).toEqual([compression, text])
  })
})

const withMore = (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('more'.repeat(10))])
const changed = (bytes: Buffer) => Buffer.from(bytes).fill(7, 60, 90)

it.each<[string, Buffer, string]>([
  ['xz that is cut', bytesOf('xz').subarray(0, -20), 'archive_truncated'],
  ['xz that is cut after its head', bytesOf('xz').subarray(0, 12), 'archive_truncated'],
  ['bzip2 that is cut', bytesOf('bzip2').subarray(0, -20), 'archive_truncated'],
  ['xz that is damaged', changed(bytesOf('xz')), 'archive_compression_damaged'],
  ['bzip2 that is damaged', changed(bytesOf('bzip2')), 'archive_compression_damaged'],
  ['xz with something behind it', withMore(bytesOf('xz')), 'archive_trailing_bytes'],
  ['bzip2 with something behind it', withMore(bytesOf('bzip2')), 'archive_trailing_bytes'],
  ['xz with a check by SHA-256', bytesOf('xzSha256'), 'archive_compression_unknown'],
  ['a bomb of xz', gunzipSync(bytesOf('xzBombInGzip')), 'archive_expansion'],
  ['a bomb of bzip2', bytesOf('bzip2Bomb'), 'archive_expansion'],
  ['zip', Buffer.from('PK\x03\x04and more'), 'archive_compression_unknown'],
  ['lz4', Buffer.from([4, 0x22, 0x4d, 0x18, 0, 0, 0, 0, 0, 0]), 'archive_compression_unknown'],
  ['7-Zip', Buffer.from('377abcaf271c000400000000', 'hex'), 'archive_compression_unknown'],
])('refuses %s', async (_, bytes, code) => {
  await expect(unpack(bytes, 10_000)).rejects.toMatchObject({ code })
})

it('left early, the thread ends and the source is closed', async () => {
  let isClosed = false
  async function* source() {
    try {
      for (;;) yield bytesOf('xz')
    } finally {
      isClosed = true
    }
  }
  for await (const _ of decompressed(source(), 'xz')) break
  expect(isClosed).toBe(true)
})
