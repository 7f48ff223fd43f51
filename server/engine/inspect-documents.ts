import { z } from 'zod'

const words = z.array(z.string()).nullish()
const word = z.string().nullish()
const count = z.number().nullish()
const named = z.record(z.string(), z.unknown()).nullish()

/**
 * What both engines' inspect documents of a container have, of what is read here; more is let through as it came. Recreating,
 * rights and terminals hang on it, so that a field of another kind is said where it is met and not where it is used. What is
 * missing is for each of them to judge: not all need all.
 */
export const containerDocument = z.looseObject({
  Id: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullish(),
  Name: word,
  Image: word,
  Created: word,
  State: z.looseObject({ Status: word, Running: z.boolean().nullish(), ExitCode: count }).nullish(),
  Config: z
    .looseObject({
      Image: word,
      Hostname: word,
      User: word,
      WorkingDir: word,
      Env: words,
      Cmd: words,
      StopTimeout: count,
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
  HostConfig: z
    .looseObject({
      NetworkMode: word,
      PidMode: word,
      IpcMode: word,
      UTSMode: word,
      UsernsMode: word,
      Binds: words,
      CapAdd: words,
      CapDrop: words,
      SecurityOpt: words,
      GroupAdd: words,
      Dns: words,
      ExtraHosts: words,
      VolumesFrom: words,
      Links: words,
      Memory: count,
      NanoCpus: count,
      CpuQuota: count,
      CpuPeriod: count,
      CpuShares: count,
      PortBindings: named,
      Tmpfs: named,
      Sysctls: named,
      Mounts: z.array(z.looseObject({ Type: word, Source: word, Target: word })).nullish(),
      Devices: z.array(z.looseObject({ PathOnHost: word, PathInContainer: word })).nullish(),
      Ulimits: z.array(z.looseObject({ Name: word })).nullish(),
    })
    .nullish(),
  Mounts: z.array(z.looseObject({ Type: word, Source: word, Destination: word })).nullish(),
  NetworkSettings: z.looseObject({ Networks: named, Ports: named }).nullish(),
})

/** An image's, as far as both engines agree on it. */
export const imageDocument = z.looseObject({
  Id: z
    .string()
    .regex(/^(sha256:)?[0-9a-f]{64}$/)
    .nullish(),
  RepoTags: words,
  RepoDigests: words,
  Architecture: word,
  Os: word,
  Size: count,
  RootFS: z.looseObject({ Layers: words }).nullish(),
  Config: z.looseObject({ Env: words, Cmd: words, User: word, Volumes: named }).nullish(),
})
