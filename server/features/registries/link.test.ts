import { expect, it } from 'vitest'
import { nextLink, pageAfter } from './link.ts'

const asked = new URL('https://r.example/v2/app/tags/list?n=2')

it.each([
  ['</v2/app/tags/list?last=b&n=2>; rel="next"', 'b'],
  ['</v2/app/tags/list?n=2&last=a%2Fb>; rel=next', 'a/b'],
  // Quay has a token of its own.
  ['</v2/app/tags/list?next_page=gAAAA%3D&n=2>; rel="next"', '?next_page=gAAAA%3D&n=2'],
  ['<?next_page=x>; REL="prev NEXT"', '?next_page=x'],
  ['</a?last=x>; rel="prev", </v2/app/tags/list?last=c>; title="a, b; rel=\\"prev\\""; rel="next"', 'c'],
  ['<https://other.example/v2/app/tags/list?last=d>;rel=next', 'd'],
  [['</a?last=x>; rel=prev', '</b?last=e>; rel=next'], 'e'],
  ['</b?last=e>; rel=prev; rel=next', null],
  ['</b?last=e>; title="rel=next"', null],
  ['<http://[/?last=x>; rel="next"', null],
  ['</b>; rel=next', null],
  ['', null],
  [undefined, null],
])('the page after %j is asked with %j', (header, next) => {
  expect(pageAfter(header, asked)).toBe(next)
})

it('a link is given as it stands', () => {
  expect(nextLink('<a,b;c>; rel=next')).toBe('a,b;c')
})
