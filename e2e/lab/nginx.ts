import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.ts'

/**
 * Debian's nginx with a folder of its own in place of the system's, in the foreground, until it is killed.
 * @param http what stands in its http block
 * @param main what stands outside of it: other blocks, and modules to load
 * @throws Error with nginx's words when the configuration is wrong
 */
export async function startNginx(folder: string, http: string, main = ''): Promise<ChildProcess> {
  mkdirSync(folder, { recursive: true })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const path = join(folder, 'nginx.conf')
  writeFileSync(
    path,
    `${main}
daemon off;
pid ${folder}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  ${http}
}
`,
  )
  await run('/usr/sbin/nginx', ['-t', '-q', '-e', 'stderr', '-c', path])
  return spawn('/usr/sbin/nginx', ['-e', 'stderr', '-c', path], { stdio: 'inherit' })
}
