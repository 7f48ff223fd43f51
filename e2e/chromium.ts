/** How a browser test starts its Chromium: the system's, quiet on a network that reaches nothing, and able to run as root. */
export const chromiumLaunch = {
  executablePath: process.env.ROADSTEAD_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-quic',
    '--disable-sync',
    '--no-first-run',
    '--disable-gpu',
  ],
}
