import { afterAll, afterEach, beforeAll } from 'vitest'
import { Editor, type EditorOptions } from './editor'

/**
 * One editor for the tests of a file. A test that fails leaves a picture and the logs in test-results/ui.
 * @returns a function that gives the editor once the tests run
 */
export function useEditor(options: EditorOptions = {}): () => Editor {
  let editor: Editor | undefined
  beforeAll(async () => {
    editor = await Editor.open(options)
  })
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail' || editor === undefined) return
    await editor.keepEvidence(task.name)
    // Whatever is still open would make the next test fail too.
    await editor.workbench.press('Escape', 'Escape', 'Escape')
  })
  afterAll(async () => {
    await editor?.close()
  })
  return () => {
    if (editor === undefined) throw new Error('The editor is there only while tests run.')
    return editor
  }
}
