import { type ClassValue, clsx } from 'clsx'
import { createTailwindMerge } from 'tailwind-merge'

const any = () => true
const one = (name: string) => [{ [name]: [any] }]

/**
 * The properties that callers of the primitives change, and no more: the library's full table of Tailwind's classes
 * weighs 8 kB in every page.
 */
const merge = createTailwindMerge(() => ({
  cacheSize: 500,
  theme: {},
  classGroups: {
    display: ['block', 'inline-block', 'inline', 'flex', 'inline-flex', 'grid', 'inline-grid', 'hidden'],
    position: ['static', 'relative', 'absolute', 'fixed', 'sticky'],
    overflow: one('overflow'),
    size: one('size'),
    w: one('w'),
    h: one('h'),
    'min-w': one('min-w'),
    'max-w': one('max-w'),
    'min-h': one('min-h'),
    'max-h': one('max-h'),
    p: one('p'),
    px: one('px'),
    py: one('py'),
    pt: one('pt'),
    pr: one('pr'),
    pb: one('pb'),
    pl: one('pl'),
    m: one('m'),
    mx: one('mx'),
    my: one('my'),
    mt: one('mt'),
    mr: one('mr'),
    mb: one('mb'),
    ml: one('ml'),
    gap: one('gap'),
    justify: one('justify'),
    items: one('items'),
    'font-family': [{ font: ['sans', 'mono'] }],
    'font-weight': [{ font: ['normal', 'medium', 'semibold', 'bold'] }],
    'font-size': [{ text: ['2xs', 'xs', 'sm', 'base', 'lg', 'xl'] }],
    'text-align': [{ text: ['left', 'center', 'right'] }],
    'text-color': [{ text: [any] }],
    bg: one('bg'),
    rounded: ['rounded', { rounded: [any] }],
  },
  conflictingClassGroups: {
    size: ['w', 'h'],
    p: ['px', 'py', 'pt', 'pr', 'pb', 'pl'],
    px: ['pl', 'pr'],
    py: ['pt', 'pb'],
    m: ['mx', 'my', 'mt', 'mr', 'mb', 'ml'],
    mx: ['ml', 'mr'],
    my: ['mt', 'mb'],
  },
  conflictingClassGroupModifiers: {},
  orderSensitiveModifiers: ['before', 'after', '*', '**'],
}))

/** Joins class names; of two that set the same property the later wins, so that callers can adjust a primitive. */
export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes))
}
