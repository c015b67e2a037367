import { describe, expect, it } from 'vitest'
import { restructuredText } from '../../../../src/completion/where/restructuredText'
import { flowOf, paragraphRest, placeOf } from './support'

const language = restructuredText()

describe('a caret in reStructuredText', () => {
  it.each<[string, string]>([
    ['The quick [caret]', 'prose'],
    ['Title [caret]\n=======', 'heading'],
    ['Title\n=====[caret]', 'markup'],
    ['Title\n=====\n\nText [caret]', 'prose'],
    ['- item [caret]', 'prose'],
    // Directives
    ['.. note:: The [caret]', 'prose'],
    ['.. note::\n\n   The [caret]', 'prose'],
    ['.. figure:: pic[caret]', 'directive'],
    ['.. figure:: pic.png\n   :alt: a [caret]', 'directive'],
    ['.. figure:: pic.png\n   :alt: a\n\n   The caption [caret]', 'prose'],
    ['.. no[caret]', 'directive'],
    ['.. py:function:: f(x)\n\n   Returns [caret]', 'prose'],
    ['.. py:function:: f(x)\n\n   :param x: the [caret]', 'prose'],
    ['.. code-block:: python\n\n   x = [caret]', 'code'],
    ['.. code-block:: python\n\n   x = 1\n\n   y = [caret]', 'code'],
    ['.. code-block:: python\n\n   x = 1\n\nText [caret]', 'prose'],
    ['.. math::\n\n   x [caret]', 'math'],
    ['.. toctree::\n   :maxdepth: 2\n\n   pa[caret]', 'directive'],
    ['.. list-table::\n\n   * - a [caret]', 'table'],
    ['- item\n\n  .. code-block:: sh\n\n     ls [caret]', 'code'],
    ['- item\n\n  .. code-block:: sh\n\n     ls\n\n  goes on [caret]', 'prose'],
    // Comments, targets, footnotes
    ['.. a comment [caret]', 'comment'],
    ['.. a comment\n   that goes on [caret]', 'comment'],
    ['.. _target: http[caret]', 'definition'],
    ['.. [1] A note [caret]', 'prose'],
    ['.. [CIT[caret]', 'definition'],
    // Literal blocks
    ['Like this::\n\n   code [caret]', 'code'],
    ['Like this::\n\n   code\n\nText [caret]', 'prose'],
    ['Like this::\n\n   code\n\n[caret]', 'prose'],
    ['Like this::\n\n[caret]', 'prose'],
    ['>>> x = [caret]', 'code'],
    ['>>> x\n1 [caret]', 'code'],
    ['>>> x\n1\n\nText [caret]', 'prose'],
    // Tables
    ['+---+---+\n| a [caret]', 'table'],
    ['===  ===\na    [caret]', 'table'],
    ['===  ===\na    b\n===  ===\nc    d\n===  ===\n\nText [caret]', 'prose'],
    // Inline markup
    ['Call ``foo[caret]', 'code'],
    ['Call ``foo`` and [caret]', 'prose'],
    ['See :ref:`tar[caret]', 'link'],
    ['See :ref:`target` and [caret]', 'prose'],
    ['See `text <http[caret]', 'link'],
    ['See `text <http://x>`_ and [caret]', 'prose'],
    ['See https://x[caret]', 'link'],
    ['The |na[caret]', 'markup'],
    [':param x: the [caret]', 'prose'],
    [':par[caret]', 'attribute'],
    ['Some *emphasised [caret]', 'prose'],
  ])('%j is in %s', (marked, expected) => {
    expect(placeOf(language, marked)).toBe(expected)
  })

  it('has the rest of its paragraph behind it', () => {
    expect(paragraphRest(language, 'The [caret]quick\nfox.\n\nNext')).toBe('quick\nfox.')
    expect(paragraphRest(language, '- The [caret]quick\n  fox.\n- Next')).toBe('quick\n  fox.')
  })

  it.each<[string, string]>([
    ['Title\n=====\n\nThe quick\nfox.', 'Title\n=====\n\nThe quick fox.'],
    ['- the\n  fox\n- the dog', '- the fox\n- the dog'],
    ['.. note::\n   The\n   fox', '.. note::\n   The fox'],
  ])('%j flows as %j', (text, expected) => {
    expect(flowOf(language, text)).toBe(expected)
  })
})
