import { defineConfig } from '@playwright/test'
import { e2eOrigin } from './e2e/address.ts'

/** One worker: the tests share the lab's engines, and two cores are busy with eight of them. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  workers: 1,
  fullyParallel: false,
  forbidOnly: !!process.env.CI,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: process.env.CI ? [['list'], ['json', { outputFile: 'test-results/e2e.json' }]] : [['list']],
  globalSetup: './e2e/global-setup.ts',
  use: {
    baseURL: e2eOrigin,
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.ROADSTEAD_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        ...['--disable-background-networking', '--disable-component-update', '--disable-quic'],
        ...['--disable-sync', '--no-first-run', '--disable-gpu'],
      ],
    },
  },
})
