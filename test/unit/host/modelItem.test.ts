import { describe, expect, it } from 'vitest'
import { modelItem, type ModelUse } from '../../../src/host/library/modelItem'
import type { ModelListEntry } from '../../../src/library/describeModel'

const installed: ModelListEntry = {
  id: 'openai-community/gpt2', title: 'GPT-2', state: 'installed', folder: '/store/gpt2', parameters: 124_439_808, contextLength: 1024,
  licence: 'MIT', sizeBytes: 551_000_000, summary: 'Small.',
}
const unused: ModelUse = { isDefault: false, languages: [], tokensPerSecond: undefined }

describe('a model in the view', () => {
  it.each<[string, Partial<ModelListEntry>, Partial<ModelUse>, { description: string; icon: string; contextValue: string }]>([
    ['is installed', {}, {}, { description: '124 M · 551 MB · MIT', icon: 'package', contextValue: 'installed' }],
    ['is in use, and was measured', {}, { isDefault: true, tokensPerSecond: 203.7 }, { description: '124 M · 551 MB · MIT · 204 tokens/s', icon: 'check', contextValue: 'installed.default' }],
    ['is used for some languages', {}, { languages: ['latex', 'markdown'] }, { description: '124 M · 551 MB · MIT · latex, markdown', icon: 'package', contextValue: 'installed' }],
    ['can be downloaded', { state: 'available', sizeBytes: undefined, folder: undefined }, {}, { description: '124 M · MIT', icon: 'cloud-download', contextValue: 'available' }],
    ['was begun', { state: 'available', sizeBytes: undefined, folder: undefined, fetchedBytes: 210e6 }, {}, { description: '210 MB fetched · 124 M · MIT', icon: 'cloud-download', contextValue: 'available.begun' }],
    ['says little of itself', { parameters: undefined, contextLength: undefined, licence: '', sizeBytes: undefined }, {}, { description: '', icon: 'package', contextValue: 'installed' }],
  ])('that %s', (_, entry, use, expected) => {
    expect(modelItem({ ...installed, ...entry }, { ...unused, ...use })).toMatchObject(expected)
  })

  it('has its facts in a table, without those that nobody knows', () => {
    expect(modelItem(installed, unused).facts).toEqual([
      ['Name', 'openai-community/gpt2'], ['Parameters', '124 M'], ['Context', '1024 tokens'], ['Licence', 'MIT'], ['Size on disk', '551 MB'], ['Folder', '/store/gpt2'],
    ])
  })
})
