import type { Rule } from 'eslint';
import { relative, resolve } from 'node:path';

const workspace = resolve(import.meta.dirname, '../../..');
const drawer = /^(utils?|commons?|shared|helpers?|misc|core|types)$/i;
const fileSuffix = /(^|[-.])(impl|dto|manager|base)$/i;
const valueSuffix = /(Impl|D(to|TO)|Manager)$/;
// a function may well find a base
const typeSuffix = /(Impl|D(to|TO)|Manager|Base)$/;

type Declaration = { readonly id?: { readonly type: string; readonly name?: string } | null };

/** Files and folders are named after the thing that they hold, and so is what is declared in them. */
export const names: Rule.RuleModule = {
  meta: {
    type: 'problem',
    messages: {
      drawer: '"{{name}}" is a drawer for anything: name it after the thing that it holds',
      suffix: '"{{name}}" ends in a word that says nothing: name what it is or does',
      index: "an index.ts stands at a lib's root alone (src/index.ts): name the file after what it holds, and import from it",
    },
  },
  create: (context) => {
    const check = (suffix: RegExp) => (node: Rule.Node) => {
      const name = (node as Declaration).id?.name;
      if (name && suffix.test(name)) context.report({ node, messageId: 'suffix', data: { name } });
    };
    return {
      Program(node) {
        const path = relative(workspace, context.filename);
        for (const part of path.split('/')) {
          const name = part.replace(/\..*$/, '');
          if (drawer.test(name)) context.report({ node, messageId: 'drawer', data: { name: part } });
          if (fileSuffix.test(name)) context.report({ node, messageId: 'suffix', data: { name: part } });
        }
        if (/(^|\/)index\.[cm]?tsx?$/.test(path) && !/^(libs|tools)\/([\w-]+\/)+src\/index\.ts$/.test(path)) context.report({ node, messageId: 'index' });
      },
      ClassDeclaration: check(typeSuffix),
      TSInterfaceDeclaration: check(typeSuffix),
      TSTypeAliasDeclaration: check(typeSuffix),
      TSEnumDeclaration: check(typeSuffix),
      FunctionDeclaration: check(valueSuffix),
      VariableDeclarator: check(valueSuffix),
    };
  },
};
