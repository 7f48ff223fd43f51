import type { Container } from '#lib/contracts/containers.ts'
import { AppError } from '../errors.ts'
import type { Local } from './types.ts'

const isId = (image: string) => /^(?:sha256:)?[0-9a-f]{12,64}$/.test(image)
/** Containers inspected at a time. */
const width = 8

/**
 * Docker's list names a container's image by its id once the tag means another image (daemon/list.go); inspect goes on
 * to say what it was made of, and so does Podman's list. Gives each row that name, asked for once.
 *
 * @param read what inspect says of a container; may throw AppError, and then the id stays.
 */
export function createImageNames(read: (id: string) => Promise<Local<Container> | null>) {
  const known = new Map<string, string>()
  return async (rows: Local<Container>[]): Promise<Local<Container>[]> => {
    const ids = new Set(rows.map(({ id }) => id))
    for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
    const unknown = rows.filter(({ id, image }) => isId(image) && !known.has(id))
    const worker = async () => {
      for (let next = unknown.pop(); next; next = unknown.pop()) {
        try {
          known.set(next.id, (await read(next.id))?.image ?? next.image)
        } catch (error) {
          if (!(error instanceof AppError)) throw error
        }
      }
    }
    await Promise.all(Array.from({ length: width }, worker))
    return rows.map((row) => (isId(row.image) ? { ...row, image: known.get(row.id) ?? row.image } : row))
  }
}
