import { describe, expect, it } from 'vitest'
import { driverOptions } from '#lib/volumes/driver-options.ts'
import { powerOfVolume, readLibpodVolume, readVolume } from './volume.ts'

const nfs = { type: 'nfs', device: 'nas:/data' }
const cifs = { type: 'cifs', device: '//nas/media' }

describe('what a volume can be made of without power over its host', () => {
  it.each([
    ['nothing', {}],
    ['a name alone', { Name: 'data' }],
    ['what the docker command says', { Name: 'data', Driver: 'local', DriverOpts: {}, Labels: {} }],
    ['what docker-py says', { Name: 'data', Driver: null, DriverOpts: null, Labels: null }],
    ['memory', { DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=100m,uid=1000,mode=0700' } }],
    ['a share of NFS', { DriverOpts: { ...nfs, o: 'addr=10.0.0.1,rw,nfsvers=4.1,soft,timeo=50' } }],
    ['one by its address in the options', { DriverOpts: { ...nfs, device: ':/data', o: 'addr=10.0.0.1' } }],
    ['one by an IPv6 address', { DriverOpts: { ...nfs, device: '[fd00::1]:/data' } }],
    ['a share with a password', { DriverOpts: { ...cifs, o: 'addr=nas,username=a,password=p=1,vers=3.0' } }],
    ['an empty cluster', { Name: 'data', ClusterVolumeSpec: null }],
  ])('%s', (_, body) => {
    expect(powerOfVolume(body)).toBeNull()
  })

  it.each([
    { kind: 'local' },
    { kind: 'nfs', server: 'nas.lan', path: '/a b', version: '3', soft: true, readOnly: true, options: '' },
    {
      kind: 'cifs',
      server: '10.0.0.9',
      share: 'media',
      username: 'ada',
      password: 'a b',
      version: '3.1.1',
      uid: 1,
      gid: 2,
      readOnly: false,
      options: 'file_mode=0640',
    },
    { kind: 'tmpfs', sizeBytes: 4096, mode: '1777', uid: 0, gid: 0 },
  ] as const)('what the form of $kind stands for', (form) => {
    expect(powerOfVolume({ Name: 'data', DriverOpts: driverOptions(form as never) })).toBeNull()
  })
})

describe('what reaches the host', () => {
  it.each([
    ['a folder', { type: 'none', device: '/etc', o: 'bind' }],
    ['a folder, by the options alone', { device: '/etc', o: 'rbind' }],
    ['a folder in the place of a share', { ...nfs, device: '/etc', o: 'bind' }],
    ['a share that is bound besides', { ...nfs, o: 'bind' }],
    ['a disk', { type: 'ext4', device: '/dev/sda1' }],
    ['a share whose device is a path', { type: 'cifs', device: '/dev/sda1' }],
    ['an overlay', { type: 'overlay', device: 'overlay', o: 'lowerdir=/etc,upperdir=/a,workdir=/b' }],
    ['memory with a path', { type: 'tmpfs', device: '/etc' }],
    ['the processes of the host', { type: 'proc', device: 'proc' }],
    ['a program of the host', { type: 'fuse.sshfs', device: 'nas:/data' }],
    ['a file of the host that holds a password', { ...cifs, o: 'credentials=/root/nas' }],
    ['its own account', { ...nfs, o: 'sec=krb5' }],
    ['a folder that mount makes', { ...nfs, o: 'x-mount.mkdir=0777' }],
    ['a folder inside of another mount', { ...nfs, o: 'X-mount.subdir=../..' }],
    ['a loop', { ...nfs, o: 'rw,loop=/dev/loop0' }],
    ['an option of mount in place of a server', { type: 'nfs', device: '-obind:/etc' }],
    ['another spelling of a known option', { TYPE: 'none', Device: '/etc', O: 'bind' }],
    ['a quota by project', { size: '1g' }],
  ])('%s', (_, DriverOpts) => {
    expect(powerOfVolume({ Name: 'data', DriverOpts })).toMatch(/^DriverOpts/)
    expect(() => readLibpodVolume({ Name: 'data', Options: DriverOpts }, '')).toThrow(
      expect.objectContaining({ code: 'policy_volume', status: 403 }),
    )
  })

  it.each([
    ['another driver', { Driver: 'rclone' }, 'Driver'],
    ['an image as a volume', { Driver: 'image', DriverOpts: { image: 'a' } }, 'Driver'],
    ['a volume of a swarm', { ClusterVolumeSpec: { Group: 'a' } }, 'ClusterVolumeSpec'],
    ['a name with options', { Name: 'a:/etc' }, 'Name'],
    ['what is not known', { Bind: '/etc' }, 'Bind'],
    ['the field in other letters', { driveropts: { type: 'none' } }, 'driveropts'],
  ])('%s', (_, body, field) => {
    expect(powerOfVolume(body)).toBe(field)
  })
})

it('what is read is all that is sent', () => {
  const body = { Name: 'data', Driver: 'local', DriverOpts: nfs, Labels: { team: 'a' } }
  expect(readVolume({ ...body, ClusterVolumeSpec: null }, '')).toEqual(body)
  const libpod = { Name: 'data', Options: nfs, Label: { team: 'a' }, IgnoreIfExists: true, UID: 5 }
  expect(readLibpodVolume(libpod, '')).toEqual(libpod)
})
