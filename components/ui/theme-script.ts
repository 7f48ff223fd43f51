export const storageKey = 'roadstead-theme'
export const railStorageKey = 'roadstead-rail'

/**
 * Runs inline in <head>, before the first paint, so that nobody sees a flash of the other theme or a rail that jumps.
 * Kept to what cannot fail: storage may be forbidden. On a tablet the rail is narrow until somebody widens it.
 */
export const themeScript = `(function(){var d=document.documentElement,t,r;try{t=localStorage.getItem('${storageKey}');r=localStorage.getItem('${railStorageKey}')}catch(e){}
d.dataset.theme=t==='light'||t==='dark'?t:matchMedia('(prefers-color-scheme: dark)').matches?'dark':'light';
d.dataset.rail=r==='narrow'||r==='wide'?r:innerWidth<1024?'narrow':'wide'})()`
