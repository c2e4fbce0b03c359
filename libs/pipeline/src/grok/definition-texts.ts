// DefinitionTexts: the definitions of a field of work, a name and its pattern a line, for the two ways of naming fields.

/**
 * Lines `NAME pattern`. In `both`, `%{NAME:field|other}` and `(?<field|other>...)` fill a field whose older name stands before
 * the bar and whose name by the Elastic Common Schema behind it; none means that the text is not kept there.
 */
export interface DefinitionTexts {
  readonly both: string
  readonly legacy: string
  readonly ecs: string
}
