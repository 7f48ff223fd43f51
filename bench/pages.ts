import { fork } from 'node:child_process'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import { chromiumLaunch } from '#e2e/chromium.ts'
import type { Host } from '../lib/contracts/hosts.ts'
import { ensureBuild } from '../scripts/environment.js'
import { type BenchResult, ms, percentile } from './measure.ts'
import { answerOf, startServer, until } from './server-process.ts'
import type { FleetCommand } from './simulated-fleet.ts'

const hostCount = 100
const perHost = 50
const port = 17_798
const scrollSeconds = 5

/**
 * The containers page with 5,000 rows in a real Chromium: how soon it shows them, how it scrolls and how fast it filters
 * while ten containers change a second. Frames are beside those that the same browser makes of an almost empty page.
 */
export async function benchPages(): Promise<BenchResult> {
  ensureBuild()
  const fleet = fork(join(import.meta.dirname, 'simulated-fleet.ts'), [String(hostCount), String(perHost)])
  const server = await startServer(port)
  const browser = await chromium.launch(chromiumLaunch)
  let changing: NodeJS.Timeout | undefined
  try {
    const { ports } = await answerOf<'ready'>(fleet)
    for (const [index, enginePort] of ports.entries()) {
      const transport = { kind: 'tcp', host: '127.0.0.1', port: enginePort }
      await server.call('POST', '/api/hosts', { name: `sim-${index}`, transport })
    }
    await until(async () =>
      (await server.call<Host[]>('GET', '/api/hosts')).every((host) => host.syncedAt !== null),
    )
    const origin = `http://localhost:${port}`
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    await context.addCookies(
      server.call.cookie.split('; ').map((pair) => {
        const [name = '', value = ''] = pair.split(/=(.*)/s)
        return { name, value, url: origin }
      }),
    )
    const page = await context.newPage()
    const shown = async () => {
      await page.goto(`${origin}/containers`)
      const rows = await page.waitForFunction(
        (count) =>
          Number(document.querySelector('[role=grid]')?.getAttribute('aria-rowcount')) > count &&
          document.querySelector('[data-row]') !== null &&
          performance.now(),
        hostCount * perHost,
      )
      return Number(await rows.jsonValue())
    }
    const first = await shown()
    const script = await page.evaluate(() =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
        .filter(({ name }) => name.endsWith('.js'))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    )
    const again = await shown()

    const blank = await context.newPage()
    await blank.setContent(
      '<div data-scroller style="height:800px;overflow:auto"><p style="height:9999px">x</div>',
    )
    const peer = await scrolled(blank, '[data-scroller]')
    await blank.close()

    let next = 0
    changing = setInterval(() => {
      fleet.send({ type: 'change', engine: next++ % hostCount } satisfies FleetCommand)
    }, 100)
    const frames = await scrolled(page, '[role=grid] .overflow-y-auto')
    const filtering = await filtered(page)
    return {
      title: `The containers page with ${hostCount * perHost} rows in Chromium, 10 changes a second`,
      rows: [
        ['scripts of the first load, compressed (bar: 250 kB)', `${Math.round(script / 1000)} kB`],
        ['rows shown after', ms(first)],
        ['  with the scripts in the cache', ms(again)],
        ['frames a second while scrolling (bar: 60)', frames.rate.toFixed(1)],
        ['  of an almost empty page', peer.rate.toFixed(1)],
        ['  longest without a frame', ms(frames.worst)],
        ['  of an almost empty page', ms(peer.worst)],
        ['a key in the filter to the frame that shows it: median', ms(percentile(filtering, 0.5))],
        ['  longest', ms(Math.max(...filtering))],
      ],
    }
  } finally {
    clearInterval(changing)
    await browser.close()
    await server.stop()
    fleet.disconnect()
  }
}

/** Scrolls two rows with each frame, up and down. */
async function scrolled(page: Page, selector: string): Promise<{ rate: number; worst: number }> {
  return page.evaluate(
    async ([where, seconds]) => {
      const scroller = document.querySelector(where)
      if (!scroller) throw new Error(`Nothing to scroll at ${where}`)
      const times: number[] = []
      const most = scroller.scrollHeight - scroller.clientHeight
      let [top, step] = [0, 72]
      await new Promise<void>((resolve) => {
        const frame = (time: number) => {
          times.push(time)
          // Never read back: that would have the page laid out once more.
          if (top + step < 0 || top + step > most) step = -step
          top += step
          scroller.scrollTop = top
          if (time - (times[0] as number) < seconds * 1000) requestAnimationFrame(frame)
          else resolve()
        }
        requestAnimationFrame(frame)
      })
      const gaps = times.slice(1).map((time, index) => time - (times[index] as number))
      return { rate: (times.length - 1) / seconds, worst: Math.max(...gaps) }
    },
    [selector, scrollSeconds] as const,
  )
}

/** Milliseconds from each key to the next frame, by the browser's own Event Timing (w3.org/TR/event-timing). */
async function filtered(page: Page): Promise<number[]> {
  await page.evaluate(() => {
    const durations: number[] = []
    Object.assign(window, { durations })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (entry.name === 'keydown') durations.push(entry.duration)
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit)
  })
  await page.getByRole('combobox', { name: 'Filter' }).first().click()
  for (const key of 'sim-7 running') {
    await page.keyboard.press(key === ' ' ? 'Space' : key)
    await page.waitForTimeout(150)
  }
  await page.waitForTimeout(500)
  return page.evaluate(() => (window as unknown as { durations: number[] }).durations)
}
