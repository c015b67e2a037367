/** Commands that are registered before their code is loaded. */
export const libraryCommands = [
  'selectModel', 'library.download', 'library.import', 'library.use', 'library.useForLanguage', 'library.verify', 'library.reveal', 'library.remove',
  'library.setToken', 'library.refresh',
] as const

export const serverCommands = ['server.choose', 'server.useThisMachine', 'server.setKey', 'server.clearKey'] as const
