/** Builds dist/studio: what the Studio's page and the command line load beside their bundles. */
export function buildStudioAssets(): Promise<void>
