import { expect, it } from 'vitest'
import { type VolumeForm, volumeFormSchema } from '../contracts/volumes.ts'
import { driverOptions } from './driver-options.ts'

const of = (form: object): Record<string, string> => driverOptions(volumeFormSchema.parse(form) as VolumeForm)

it.each([
  ['local', { kind: 'local' }, {}],
  [
    'NFS, which gives up after a while',
    { kind: 'nfs', server: 'nas.lan', path: '/export/data' },
    {
      type: 'nfs',
      device: 'nas.lan:/export/data',
      o: 'addr=nas.lan,nfsvers=4,rw,soft,timeo=50,retrans=2',
    },
  ],
  [
    'NFS by an IPv6 address, hard, read-only, with more',
    {
      kind: 'nfs',
      server: '[fd00::1]',
      path: '/',
      version: '4.2',
      soft: false,
      readOnly: true,
      options: 'noatime',
    },
    { type: 'nfs', device: '[fd00::1]:/', o: 'addr=fd00::1,nfsvers=4.2,ro,noatime' },
  ],
  [
    'a share with an account',
    {
      kind: 'cifs',
      server: '10.0.0.9',
      share: 'media\\films',
      username: 'ada',
      password: 'p=w d',
      uid: 33,
      gid: 0,
    },
    {
      type: 'cifs',
      device: '//10.0.0.9/media/films',
      o: 'addr=10.0.0.9,username=ada,password=p=w d,vers=3.0,uid=33,gid=0,rw',
    },
  ],
  [
    'a share for guests',
    { kind: 'cifs', server: 'nas', share: 'open', readOnly: true },
    { type: 'cifs', device: '//nas/open', o: 'addr=nas,guest,vers=3.0,ro' },
  ],
  ['memory', { kind: 'tmpfs' }, { type: 'tmpfs', device: 'tmpfs' }],
  [
    'memory with bounds',
    { kind: 'tmpfs', sizeBytes: 1_048_576, mode: '0700', uid: 7 },
    { type: 'tmpfs', device: 'tmpfs', o: 'size=1048576,mode=0700,uid=7' },
  ],
  ['a folder', { kind: 'bind', path: '/srv/a' }, { type: 'none', device: '/srv/a', o: 'bind' }],
  [
    'a folder to read',
    { kind: 'bind', path: '/srv/a', readOnly: true },
    { type: 'none', device: '/srv/a', o: 'bind,ro' },
  ],
])('%s', (_, form, options) => {
  expect(of(form)).toEqual(options)
})

it.each([
  ['a path with an option in it', { kind: 'nfs', server: 'nas', path: '/a,rw' }],
  ['a server that is an option of mount', { kind: 'nfs', server: '-o bind', path: '/a' }],
  ['a server with a path in it', { kind: 'cifs', server: 'nas/../x', share: 'a' }],
  ['a share that begins with a slash', { kind: 'cifs', server: 'nas', share: '/a' }],
  ['a password with an option in it', { kind: 'cifs', server: 'nas', share: 'a', password: 'x,uid=0' }],
  ['a folder that is none', { kind: 'bind', path: 'srv' }],
])('%s is no form', (_, form) => {
  expect(volumeFormSchema.safeParse(form).success).toBe(false)
})
