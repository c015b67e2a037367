/** A name that no other run has: “Stable”, then “Stable 2”. */
export function runName(title: string, runs: readonly { readonly name: string }[]): string {
  const taken = new Set(runs.map(({ name }) => name))
  if (!taken.has(title)) return title
  let number = 2
  while (taken.has(`${title} ${number}`)) number++
  return `${title} ${number}`
}
