/** Files that the bundler takes in as text. */
declare module '*.py' {
  const text: string
  // eslint-disable-next-line no-restricted-syntax -- how the bundler hands it over
  export default text
}
declare module '*.css'
