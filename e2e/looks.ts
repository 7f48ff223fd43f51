import { AxeBuilder } from '@axe-core/playwright'
import type { APIRequestContext, Page } from '@playwright/test'
import { expect, registerLab, test } from './fixtures.ts'

/** Dark and light are equals, and so are a desk and a phone. */
const all = [
  { theme: 'light', width: 1440 },
  { theme: 'dark', width: 1440 },
  { theme: 'light', width: 390 },
  { theme: 'dark', width: 390 },
] as const
type Look = (typeof all)[number]

interface Looking {
  page: Page
  api: APIRequestContext
  look: Look
  /** A picture for a person to look at. */
  shoot(name: string): Promise<void>
}

/** The same look at a page in every theme and width, as a test of its own each, with all engines of the lab. */
export function everyLook(
  subject: string,
  run: (looking: Looking) => Promise<void>,
  looks: readonly Look[] = all,
): void {
  for (const look of looks)
    test(`looks of ${subject}: ${look.theme}, ${look.width} px`, async ({ signedIn: page, api }) => {
      await registerLab(api)
      await takeLook(page, look)
      await run({ page, api, look, shoot: (name) => shoot(page, name, look) })
    })
}

/** As `everyLook`, one after the other of a page that is open already. */
export async function everyLookAt(page: Page, name: string): Promise<void> {
  for (const look of all) {
    await takeLook(page, look)
    await shoot(page, name, look)
    await check(page)
  }
  await takeLook(page, all[0])
}

/** The two that differ most. */
export const opposites: readonly Look[] = [all[0], all[3]]

/** Nothing that axe finds fault with, and nothing that has to be scrolled sideways. */
export async function check(page: Page, { within, without }: { within?: string; without?: string } = {}) {
  // The same rules. What passed is not told, and no other page is opened to sum up frames, of which there are none: of the
  // 5.6 s that a table of 80 containers took, 1.0 s is left.
  let axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] })
  if (within) axe = axe.include(within)
  if (without) axe = axe.exclude(without)
  const { violations } = await axe.analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  const excess = () => document.documentElement.scrollWidth - document.documentElement.clientWidth
  expect(await page.evaluate(excess)).toBeLessThanOrEqual(0)
}

async function takeLook(page: Page, { theme, width }: Look) {
  await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
  await page.emulateMedia({ colorScheme: theme })
}

async function shoot(page: Page, name: string, { theme, width }: Look) {
  await page.screenshot({ path: `test-results/looks/${name}-${theme}-${width}.png` })
}
