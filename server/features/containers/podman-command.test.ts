import { expect, it } from 'vitest'
import { optionsOfCommand } from './podman-command.ts'

it.each<[string, [string, string][]]>([
  [
    'podman run -ite A=1 --net host x',
    [
      ['interactive', 'true'],
      ['tty', 'true'],
      ['env', 'A=1'],
      ['network', 'host'],
    ],
  ],
  // Switches take no word that follows.
  [
    'podman create --rmi --passwd --ip 10.1.1.1 x',
    [
      ['rmi', 'true'],
      ['passwd', 'true'],
      ['ip', '10.1.1.1'],
    ],
  ],
  [
    'podman run --privileged=false --mac-address=a:b x --ip 1',
    [
      ['privileged', 'false'],
      ['mac-address', 'a:b'],
    ],
  ],
  ['podman run -p8080:80 -- x -p 1:1', [['publish', '8080:80']]],
])('%s is read as pflag reads it', (line, options) => {
  expect(optionsOfCommand(line.split(' '))?.map(({ name, value }) => [name, value])).toEqual(options)
})

it('what no command made has no options', () => {
  expect([optionsOfCommand(null), optionsOfCommand(['podman', 'play'])]).toEqual([null, null])
})
