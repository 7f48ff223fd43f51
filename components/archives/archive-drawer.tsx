'use client'
import { Rocket, Trash2 } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { usePermission } from '#components/data/use-session.ts'
import { Fact, Facts, Identifier } from '#components/details/facts.tsx'
import { Section } from '#components/details/section.tsx'
import { Drawer } from '#components/ui/drawer.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { ArchiveContents, ArchiveImage, ListedArchive } from '#lib/contracts/archives.ts'
import { useArchive } from './use-library.ts'

/** What was found in an archive, digest by digest. */
export function ArchiveDrawer({
  archive,
  isKnown,
  onClose,
  onLoad,
  onRemove,
}: {
  archive: ListedArchive | undefined
  isKnown: boolean
  onClose(): void
  onLoad(archive: ListedArchive): void
  onRemove(archive: ListedArchive): void
}) {
  const t = useTranslations('archives')
  const format = useFormat()
  const mayLoad = usePermission('images.load')
  const mayEdit = usePermission('archives.edit')
  const whole = useArchive(archive)
  const { contents } = whole.data ?? {}
  return (
    <Drawer
      open
      onOpenChange={(open) => !open && onClose()}
      title={archive?.name ?? (isKnown ? t('gone') : '')}
      subtitle={archive?.digest?.slice(7, 19)}
      actions={
        archive && (
          <>
            {mayLoad && archive.state !== 'refused' && (
              <IconButton label={t('load')} icon={<Rocket />} side="bottom" onClick={() => onLoad(archive)} />
            )}
            {mayEdit && (
              <IconButton
                label={t('remove')}
                icon={<Trash2 />}
                side="bottom"
                onClick={() => onRemove(archive)}
              />
            )}
          </>
        )
      }
    >
      {archive && (
        <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto px-4 py-4">
          <Facts>
            <Fact label={t('digest')}>{archive.digest && <Identifier text={archive.digest} />}</Fact>
            <Fact label={t('size')}>{format.bytes(archive.size)}</Fact>
            {contents && (
              <>
                <Fact label={t('kindLabel')}>{t(`kind.${contents.kind}`)}</Fact>
                <Fact label={t('compression')}>{t(`compressed.${contents.compression}`)}</Fact>
                <Fact label={t('unpacked')}>{format.bytes(contents.unpackedSize)}</Fact>
                <Fact label={t('entries')}>{contents.entries}</Fact>
              </>
            )}
          </Facts>
          {whole.error && <ErrorNote error={whole.error} onRetry={() => void whole.refetch()} />}
          {whole.data && !contents && <p className="text-ink-muted">{t('notYet')}</p>}
          {contents?.kind === 'rootfs' && <p className="text-ink-muted">{t('rootfsText')}</p>}
          {contents?.images.map((image) => (
            <ImageOf key={`${image.configDigest} ${image.platform}`} image={image} />
          ))}
          {contents && contents.remarkCount > 0 && <Remarks contents={contents} />}
        </div>
      )}
    </Drawer>
  )
}

/** What the upload was not refused for. */
function Remarks({ contents: { remarks, remarkCount } }: { contents: ArchiveContents }) {
  const t = useTranslations('archives')
  return (
    <Section title={t('remarks')}>
      <p className="text-ink-muted text-xs">{t('remarksText')}</p>
      <ul className="flex flex-col gap-1 text-xs">
        {remarks.map(({ what, entry, detail }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one entry can be there many times
          <li key={index} className="wrap-anywhere">
            <code>{entry}</code> <span className="text-ink-muted">{t(`remark.${what}`, { detail })}</span>
          </li>
        ))}
        {remarkCount > remarks.length && <li>{t('moreRemarks', { count: remarkCount - remarks.length })}</li>}
      </ul>
    </Section>
  )
}

function ImageOf({ image }: { image: ArchiveImage }) {
  const t = useTranslations('archives')
  const format = useFormat()
  return (
    <section
      aria-label={[image.names[0] ?? image.configDigest, image.platform].filter(Boolean).join(' ')}
      className="flex flex-col gap-2"
    >
      <h2 className="break-all font-medium">
        {image.names.join(', ') || t('unnamed')}{' '}
        <span className="font-normal text-ink-muted">{image.platform}</span>
      </h2>
      <Facts>
        <Fact label={t('imageId')}>
          <Identifier text={image.configDigest} />
        </Fact>
        <Fact label={t('manifest')}>{image.manifest && <Identifier text={image.manifest.digest} />}</Fact>
        <Fact label={t('created')}>{image.createdAt && format.date(image.createdAt)}</Fact>
      </Facts>
      <div className="overflow-x-auto rounded-md border">
        <table className="w-full text-left text-xs">
          <thead className="border-b text-ink-muted">
            <tr>
              <th className="px-2 py-1 font-medium">{t('layer')}</th>
              <th className="px-2 py-1 font-medium">{t('compression')}</th>
              <th className="px-2 py-1 text-right font-medium">{t('size')}</th>
              <th className="px-2 py-1 text-right font-medium">{t('unpacked')}</th>
            </tr>
          </thead>
          <tbody>
            {image.layers.map((layer, index) => (
              // The same empty layer stands in many images twice.
              // biome-ignore lint/suspicious/noArrayIndexKey: layers have an order and no other identity
              <tr key={index} className="border-b last:border-b-0">
                <td className="px-2 py-1 font-mono" title={layer.digest}>
                  {layer.digest.slice(7, 19)}
                </td>
                <td className="px-2 py-1">{t(`compressed.${layer.compression}`)}</td>
                <td className="px-2 py-1 text-right tabular-nums">{format.bytes(layer.size)}</td>
                <td className="px-2 py-1 text-right tabular-nums">{format.bytes(layer.unpackedSize)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
