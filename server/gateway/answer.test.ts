import { expect, it } from 'vitest'
import { asCalled } from './answer.ts'

const id = 'd3ce3f26f9a6d84901c91cd9956cf6db4a4386835da3238c698189d5810062c1'
const other = id.replaceAll('d', 'e')

/** As Docker 20.10 and 28 answer who names a container by its id. */
it.each([
  [
    `Could not find the file /nowhere in container ${id}`,
    'Could not find the file /nowhere in container web',
  ],
  [
    `Could not find the file /in container ${other} in container ${id}`,
    `Could not find the file /in container ${other} in container web`,
  ],
  [
    `Cannot kill container: ${id}: Container ${id} is not running`,
    `Cannot kill container: web: Container ${id} is not running`,
  ],
  [`cannot stop container: ${id}: tried to kill`, 'cannot stop container: web: tried to kill'],
  [`Cannot restart container ${id}: no such file`, 'Cannot restart container web: no such file'],
  // Docker says these of the id, whatever the container was called.
  [`Container ${id} is not running`, `Container ${id} is not running`],
  [`You cannot remove a running container ${id}.`, `You cannot remove a running container ${id}.`],
])('%s', (said, told) => {
  const document = JSON.stringify({ message: said })
  expect(asCalled(document, 'web')).toBe(JSON.stringify({ message: told }))
  expect(asCalled(document, null)).toBe(document)
})
