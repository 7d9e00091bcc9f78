import { parser } from '@prometheus-io/lezer-promql';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** What a PromQL expression asks for. */
export interface Asked {
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** Labels by which it groups or joins. */
  readonly grouping: readonly string[];
}

/** Reads a PromQL expression. @throws Error for one that is not well-formed */
export function readPromql(text: string): Asked {
  const textOf = ({ from, to }: SyntaxNode) => text.slice(from, to);
  const metrics: { name: string; labels: string[] }[] = [];
  const grouping: string[] = [];
  parser.parse(text).iterate({
    enter({ type, node, from }) {
      if (type.isError) throw new Error(`no PromQL at ${text.slice(from)}: ${text}`);
      if (type.name === 'VectorSelector')
        metrics.push({
          name: textOf(node.getChild('Identifier')!),
          labels: (node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []).map((matcher) => textOf(matcher.getChild('LabelName')!)),
        });
      if (type.name === 'GroupingLabels') grouping.push(...node.getChildren('LabelName').map(textOf));
    },
  });
  return { metrics, grouping };
}
