/** How a document of this language shows a picture that lies beside it. */
export function pictureLink(languageId: string, name: string, alt: string): string {
  const text = alt.replaceAll(/\s+/g, ' ').trim()
  switch (languageId) {
    case 'latex':
    case 'tex':
      return `\\includegraphics{${name}}`
    case 'restructuredtext':
      return `\n.. image:: ${name}\n   :alt: ${text}\n`
    case 'asciidoc':
      return `image::${name}["${text.replaceAll('"', '')}"]`
    case 'html':
      return `<img src="${name}" alt="${text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')}">`
    default:
      return `![${text.replaceAll(/[\\[\]]/g, '\\$&')}](${name})`
  }
}

/** A file name that needs no escaping in any of these: `digits-1957.png`, then `digits-1957-2.png`. */
export function pictureName(alt: string, number: number): string {
  const words = alt.toLowerCase().match(/[a-z0-9]+/g) ?? ['picture']
  const stem = words.join('-').slice(0, 48).replace(/-+$/, '')
  return `${stem}${number > 1 ? `-${number}` : ''}.png`
}
