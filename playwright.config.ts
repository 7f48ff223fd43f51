import { defineConfig } from '@playwright/test'
import { e2eOrigin } from './e2e/address.ts'
import { chromiumLaunch } from './e2e/chromium.ts'

/**
 * These freeze engines, take away what nothing uses, add and remove hosts, or measure: nothing runs beside them. They are a
 * run of their own behind the others: as a project that depends on those, one red test would keep them from running.
 */
const alone = ['**/disk.spec.ts', '**/faults.spec.ts', '**/hosts.spec.ts', '**/stats.spec.ts']

/** The tests share the lab's engines and one server; most of the time they wait for an engine, so two run at once. */
export default defineConfig({
  testDir: 'e2e',
  projects: [
    { name: 'set-up', testMatch: '**/1-setup.spec.ts' },
    {
      name: 'pages',
      testMatch: '**/*.spec.ts',
      testIgnore: [...alone, '**/1-setup.spec.ts'],
      dependencies: ['set-up'],
    },
    { name: 'alone', testMatch: alone, dependencies: ['set-up'], workers: 1 },
  ],
  workers: 2,
  fullyParallel: false,
  // Why a second try: docs/decisions/0026.
  forbidOnly: !!process.env.CI,
  retries: process.env.CI ? 1 : 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['./scripts/failed-tests.js']],
  globalSetup: './e2e/global-setup.ts',
  use: {
    baseURL: e2eOrigin,
    viewport: { width: 1440, height: 900 },
    // Emptied between tests and not made anew: a page whose scripts are not in the cache costs the browser twice as much.
    reuseContext: true,
    // Recording takes a third of the browser's time, and CI keeps nothing of it.
    trace: process.env.CI ? 'off' : 'retain-on-failure',
    launchOptions: chromiumLaunch,
  },
})
