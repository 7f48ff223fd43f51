/** Where the server under test listens. Several checkouts on one machine test at once with ports of their own. */
export const e2ePort = Number(process.env.ROADSTEAD_E2E_PORT ?? 7701)
export const e2eOrigin = `http://localhost:${e2ePort}`
