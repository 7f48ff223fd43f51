import { readFileSync } from 'node:fs'
import { openTransport } from '../transport/index.ts'
import { createEngineClient } from './client.ts'
import { engineRequest } from '../../e2e/lab/engine-http.ts'
const lab = JSON.parse(readFileSync('/tmp/roadstead-lab/lab.json','utf8'))
for (const e of lab.engines) {
  if (!['docker-unix','docker28-tcp','podman-unix','podman5-tcp'].includes(e.name)) continue
  const t = openTransport({kind:'unix',socketPath:e.localSocketPath})
  const c = createEngineClient(t)
  await c.connect()
  const list = await c.listContainers()
  let n=0
  for (const row of list) {
    const one = await c.readContainer(row.id)
    if (!one) { console.log(e.name, row.name, 'gone'); continue }
    for (const k of Object.keys(row) as (keyof typeof row)[]) {
      const a=JSON.stringify(row[k]), b=JSON.stringify(one[k])
      if (a!==b && row[k] !== null && n++<40) console.log(e.name,row.name,k,'\n   list',a?.slice(0,150),'\n   insp',b?.slice(0,150))
    }
  }
  const [imgs] = [await c.listImages()]
  console.log(e.name, imgs.map(i=>[i.tags, i.os, i.arch, i.sharedSize, i.createdAt].join()))
  // race
  let lost=0
  for (let i=0;i<20;i++){
    const ac=new AbortController()
    const ev=await c.events({signal:ac.signal})
    const p=engineRequest(e.localSocketPath,'POST',`/v1.41/networks/create`,{Name:'txp-net'+i, CheckDuplicate:false})
    const timer=setTimeout(()=>{lost++;ac.abort()},1500)
    try { for await (const x of ev) { if(x.type==='network' || x.type==='container') { if(i===0)console.log(e.name,JSON.stringify(x,(k,v)=>typeof v==='bigint'?String(v):v)); if (x.type==='network') break } } } catch {}
    clearTimeout(timer); ac.abort()
    await p; await engineRequest(e.localSocketPath,'DELETE',`/v1.41/networks/txp-net${i}`)
  }
  console.log(e.name,'lost network',lost)
  lost=0
  const id=JSON.parse((await engineRequest(e.localSocketPath,'POST','/v1.41/containers/create?name=txp-race',{Image:'lab.internal/busybox:1.36',Cmd:['true']})).text).Id
  for (let i=0;i<20;i++){
    const ac=new AbortController()
    const ev=await c.events({signal:ac.signal})
    const p=engineRequest(e.localSocketPath,'POST',`/v1.41/containers/${id}/rename?name=txp-race${i}`)
    const timer=setTimeout(()=>{lost++;ac.abort()},1500)
    try { for await (const x of ev) if (x.id===id && x.action==='rename') break } catch {}
    clearTimeout(timer); ac.abort(); await p
  }
  await engineRequest(e.localSocketPath,'DELETE',`/v1.41/containers/${id}?force=true`)
  console.log(e.name,'lost rename',lost)
  await t.close()
}
