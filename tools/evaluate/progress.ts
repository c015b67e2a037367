/** Says on one line what goes on; on no terminal only when it is something new. An empty text takes the line away. */
export function progressLine(stream: NodeJS.WriteStream): (text: string) => void {
  let last = ''
  return (text) => {
    if (text === last) return
    if (stream.isTTY) stream.write(`\r\u001b[K${text}`)
    else if (text !== '' && text.replace(/\d+ %/, '') !== last.replace(/\d+ %/, '')) stream.write(text + '\n')
    last = text
  }
}
