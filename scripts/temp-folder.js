import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * For Vitest: a temp folder of each run's own, which goes with it. Tests need not clean up after themselves, and one that is
 * cut leaves nothing either. The lab's folder stays the machine's, since it outlives a run.
 */
export function setup() {
  process.env.ROADSTEAD_LAB_DIR ??= join(tmpdir(), 'roadstead-lab')
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-run-'))
  // As the machine's own: some tests make folders for other accounts.
  chmodSync(folder, 0o1777)
  process.env.TMPDIR = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
