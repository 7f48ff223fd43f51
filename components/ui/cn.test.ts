import { describe, expect, it } from 'vitest'
import { cn } from './cn.ts'

describe('cn', () => {
  it.each([
    ['h-8 px-2.5 text-sm', 'h-9 font-mono', 'px-2.5 text-sm h-9 font-mono'],
    ['text-sm text-ink', 'text-danger', 'text-sm text-danger'],
    ['text-sm text-ink', 'text-xs', 'text-ink text-xs'],
    ['h-3 w-24', 'size-4', 'size-4'],
    ['px-6 py-16', 'py-10', 'px-6 py-10'],
    ['px-6 py-16', 'p-0', 'p-0'],
    ['hover:bg-hover bg-bg', 'bg-surface', 'hover:bg-hover bg-surface'],
    ['md:flex', 'hidden', 'md:flex hidden'],
    ['min-h-11', 'h-9', 'min-h-11 h-9'],
    ['border border-line', 'rounded-md', 'border border-line rounded-md'],
  ])('%j changed by %j', (base, changes, result) => {
    expect(cn(base, changes)).toBe(result)
  })

  it('leaves out what is false', () => {
    const off = false as boolean
    expect(cn('a', off && 'b', null, undefined, ['c'])).toBe('a c')
  })
})
