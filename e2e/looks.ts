import { AxeBuilder } from '@axe-core/playwright'
import type { APIRequestContext, Page } from '@playwright/test'
import { wholeTables } from '#server/testing/whole-tables.ts'
import { expect, registerLab, test } from './fixtures.ts'

interface Look {
  theme: 'light' | 'dark'
  width: number
}
const first: Look = { theme: 'light', width: 1440 }
/** The two that differ most. */
export const opposites: readonly Look[] = [first, { theme: 'dark', width: 390 }]
/** Dark and light are equals, and so are a desk, a tablet and a phone. */
const all: readonly Look[] = wholeTables
  ? [1440, 768, 390].flatMap((width) => [
      { theme: 'light', width },
      { theme: 'dark', width },
    ])
  : opposites

/** Selectors of the part that is looked at, and of one that is left out. */
interface Checked {
  within?: string
  without?: string
}

interface Looking {
  page: Page
  api: APIRequestContext
  /** Every theme and width of what is on the page now: a picture for a person to look at, and `check`. */
  look(name: string, options?: Checked): Promise<void>
}

/** What a page looks like in every theme and width, with all engines of the lab. It is opened once and resized. */
export function everyLook(
  subject: string,
  run: (looking: Looking) => Promise<void>,
  looks: readonly Look[] = all,
): void {
  test(`looks of ${subject}`, async ({ signedIn: page, api }) => {
    test.setTimeout(300_000)
    await registerLab(api)
    await takeLook(page, first)
    await run({ page, api, look: (name, options) => everyLookAt(page, name, options, looks) })
  })
}

/** As `look`, of a page that a test has open. */
export async function everyLookAt(
  page: Page,
  name: string,
  options: Checked = {},
  looks: readonly Look[] = all,
): Promise<void> {
  for (const look of looks) {
    await takeLook(page, look)
    await shoot(page, name, look)
    const bothThemes = looks.some(({ theme, width }) => theme !== look.theme && width === look.width)
    await check(page, options, bothThemes && look.theme === 'dark' ? ofColours : undefined)
  }
  await takeLook(page, first)
}

/** All that a theme can make wrong: the rest of axe's rules is asked of the same page in the light theme. */
const ofColours = ['color-contrast', 'link-in-text-block']

/** Nothing that axe finds fault with, by all of its rules or by those named, and nothing that has to be scrolled sideways. */
export async function check(page: Page, { within, without }: Checked = {}, rules?: readonly string[]) {
  // The same rules. What passed is not told, and no other page is opened to sum up frames, of which there are none: of the
  // 5.6 s that a table of 80 containers took, 1.0 s is left.
  let axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] })
  if (rules) axe = axe.withRules([...rules])
  if (within) axe = axe.include(within)
  if (without) axe = axe.exclude(without)
  const { violations } = await axe.analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  const excess = () => document.documentElement.scrollWidth - document.documentElement.clientWidth
  // What slides in is wider for a moment.
  await expect.poll(() => page.evaluate(excess), { timeout: 5000 }).toBeLessThanOrEqual(0)
}

async function takeLook(page: Page, { theme, width }: Look) {
  await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
  await page.emulateMedia({ colorScheme: theme })
  // Colours fade from one theme to the other: in between neither a picture nor a contrast is that of a theme.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
    for (const animation of document.getAnimations())
      if (Number.isFinite(animation.effect?.getComputedTiming().endTime)) animation.finish()
  })
}

async function shoot(page: Page, name: string, { theme, width }: Look) {
  // Nobody looks at CI's pictures, and there are some two hundred.
  if (process.env.CI) return
  await page.screenshot({ path: `test-results/looks/${name}-${theme}-${width}.png` })
}
