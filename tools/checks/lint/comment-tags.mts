import type { Rule } from 'eslint';

const tags = /\b(TODO(?!\(issue \d+\))|FIXME|XXX|HACK)\b/g;

/** A comment that puts something off names the issue where it is not forgotten. */
export const commentTags: Rule.RuleModule = {
  meta: { type: 'problem', messages: { tag: '{{tag}} is forgotten here: mend it now, or write TODO(issue 12) with the number of the issue that keeps it' } },
  create: (context) => ({
    Program() {
      for (const comment of context.sourceCode.getAllComments())
        for (const [tag] of comment.value.matchAll(tags)) if (comment.loc) context.report({ loc: comment.loc, messageId: 'tag', data: { tag } });
    },
  }),
};
