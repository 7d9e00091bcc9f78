// Prints the source of a .proto file from its descriptor, so that a contract that npm ships only as generated code can be
// imported by ours. Comments are not in a descriptor and are lost; nothing else is. What it cannot print, it refuses.
import { reflect } from '@bufbuild/protobuf/reflect';
import { getExtension, ScalarType } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Type as T,
  FieldDescriptorProto_Label as L,
  Edition,
  FileOptionsSchema,
  MessageOptionsSchema,
  FieldOptionsSchema,
  OneofOptionsSchema,
  EnumOptionsSchema,
  EnumValueOptionsSchema,
  ServiceOptionsSchema,
  MethodOptionsSchema,
  ExtensionRangeOptionsSchema,
} from '@bufbuild/protobuf/wkt';

const q = (s) => JSON.stringify(s).replace(/[\u007f-\uffff]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
const bytes = (b) => '"' + [...b].map((x) => '\\' + x.toString(8).padStart(3, '0')).join('') + '"';
const num = (v) => (v === Infinity ? 'inf' : v === -Infinity ? '-inf' : Number.isNaN(v) ? 'nan' : String(v));

export function printProto(f, registry) {
  const out = [],
    p = (d, s) => out.push('  '.repeat(d) + s);
  const one = (fd, v) =>
    fd.enum
      ? fd.enum.value[v].name
      : fd.message
        ? '{ ' + text(fd.message, v) + ' }'
        : fd.scalar === ScalarType.STRING
          ? q(v)
          : fd.scalar === ScalarType.BYTES
            ? bytes(v)
            : num(v);
  const item = (fd) =>
    fd.fieldKind === 'list' ? { enum: fd.listKind === 'enum' && fd.enum, message: fd.listKind === 'message' && fd.message, scalar: fd.scalar } : fd;
  const fields = (schema, msg) => {
    // -> [name, value][], repeated fields flattened
    const r = reflect(schema, msg),
      res = [];
    for (const fd of schema.fields)
      if (r.isSet(fd)) {
        if (fd.fieldKind === 'map') throw new Error(`map in option: ${fd}`);
        for (const v of fd.fieldKind === 'list' ? r.get(fd) : [r.get(fd)]) res.push([fd.name, one(item(fd), v?.message ?? v)]);
      }
    for (const no of new Set((msg.$unknown ?? []).map((u) => u.no))) {
      const ext = registry.getExtensionFor(schema, no);
      if (!ext) throw new Error(`unknown option field ${schema.typeName}.${no}`);
      const v = getExtension(msg, ext);
      for (const x of ext.fieldKind === 'list' ? v : [v]) res.push([`[${ext.typeName}]`, one(item(ext), x)]);
    }
    return res;
  };
  const text = (schema, msg) =>
    fields(schema, msg)
      .map(([k, v]) => `${k}: ${v}`)
      .join(', ');
  const opts = (schema, o, skip = []) =>
    o
      ? fields(schema, o)
          .filter(([k]) => !skip.includes(k))
          .map(([k, v]) => `${k.replace(/^\[(.*)\]$/, '($1)')} = ${v}`)
      : [];
  const br = (o) => (o.length ? ` [${o.join(', ')}]` : '');
  const camel = (s) => s.replace(/_+([a-zA-Z0-9])?/g, (_, c) => (c ? c.toUpperCase() : ''));
  const scalar = Object.fromEntries(
    Object.entries(T)
      .filter(([k]) => isNaN(k))
      .map(([k, v]) => [v, k.toLowerCase()]),
  );
  const type = (fd) => ([T.MESSAGE, T.ENUM].includes(fd.type) ? fd.typeName : scalar[fd.type]);
  const isSet = (m, k) => Object.hasOwn(m, k);
  const ranges = (rs, inc, max) =>
    rs.map((r) => {
      const e = r.end - (inc ? 0 : 1);
      return e === r.start ? `${e}` : `${r.start} to ${e >= max ? 'max' : e}`;
    });
  function field(d, fd, nested, inOneof) {
    if (fd.type === T.GROUP) throw new Error(`group ${fd.name}: not supported`);
    const o = opts(FieldOptionsSchema, fd.options);
    if (isSet(fd, 'defaultValue'))
      o.unshift(`default = ${fd.type === T.STRING ? q(fd.defaultValue) : fd.type === T.BYTES ? `"${fd.defaultValue}"` : fd.defaultValue}`);
    if (fd.jsonName && fd.jsonName !== camel(fd.name)) o.unshift(`json_name = ${q(fd.jsonName)}`);
    const entry = nested.find((m) => m.options?.mapEntry && fd.typeName.endsWith('.' + m.name));
    const label =
      inOneof || entry
        ? ''
        : fd.label === L.REPEATED
          ? 'repeated '
          : fd.label === L.REQUIRED
            ? 'required '
            : f.syntax === 'proto3'
              ? fd.proto3Optional
                ? 'optional '
                : ''
              : f.syntax === 'editions'
                ? ''
                : 'optional ';
    p(d, `${label}${entry ? `map<${type(entry.field[0])}, ${type(entry.field[1])}>` : type(fd)} ${fd.name} = ${fd.number}${br(o)};`);
  }
  function extend(d, list) {
    for (const e of list) {
      p(d, `extend ${e.extendee} {`);
      field(d + 1, e, [], false);
      p(d, '}');
    }
  }
  function enm(d, e) {
    p(d, `enum ${e.name} {`);
    for (const o of opts(EnumOptionsSchema, e.options)) p(d + 1, `option ${o};`);
    for (const v of e.value) p(d + 1, `${v.name} = ${v.number}${br(opts(EnumValueOptionsSchema, v.options))};`);
    for (const r of ranges(e.reservedRange, true, 2147483647)) p(d + 1, `reserved ${r};`);
    reserved(d, e.reservedName);
    p(d, '}');
  }
  const reserved = (d, names) => {
    if (names.length) p(d + 1, `reserved ${names.map((n) => (f.syntax === 'editions' ? n : q(n))).join(', ')};`);
  };
  function msg(d, m) {
    p(d, `message ${m.name} {`);
    for (const o of opts(MessageOptionsSchema, m.options)) p(d + 1, `option ${o};`);
    m.extensionRange.forEach((r) => p(d + 1, `extensions ${ranges([r], false, 536870911)}${br(opts(ExtensionRangeOptionsSchema, r.options))};`));
    for (const r of ranges(m.reservedRange, false, 536870911)) p(d + 1, `reserved ${r};`);
    reserved(d, m.reservedName);
    for (const e of m.enumType) enm(d + 1, e);
    for (const n of m.nestedType) if (!n.options?.mapEntry) msg(d + 1, n);
    const done = new Set();
    for (const fd of m.field) {
      if (!isSet(fd, 'oneofIndex') || fd.proto3Optional) {
        field(d + 1, fd, m.nestedType, false);
        continue;
      }
      if (done.has(fd.oneofIndex)) continue;
      done.add(fd.oneofIndex);
      p(d + 1, `oneof ${m.oneofDecl[fd.oneofIndex].name} {`);
      for (const o of opts(OneofOptionsSchema, m.oneofDecl[fd.oneofIndex].options)) p(d + 2, `option ${o};`);
      for (const x of m.field) if (isSet(x, 'oneofIndex') && x.oneofIndex === fd.oneofIndex) field(d + 2, x, [], true);
      p(d + 1, '}');
    }
    extend(d + 1, m.extension);
    p(d, '}');
  }
  p(0, f.syntax === 'editions' ? `edition = "${Edition[f.edition].replace('EDITION_', '')}";` : `syntax = "${f.syntax || 'proto2'}";`);
  if (f.package) p(0, `package ${f.package};`);
  f.dependency.forEach((dep, i) => p(0, `import ${f.publicDependency.includes(i) ? 'public ' : ''}"${dep}";`));
  for (const o of opts(FileOptionsSchema, f.options)) p(0, `option ${o};`);
  for (const e of f.enumType) enm(0, e);
  for (const m of f.messageType) msg(0, m);
  extend(0, f.extension);
  for (const s of f.service) {
    p(0, `service ${s.name} {`);
    for (const o of opts(ServiceOptionsSchema, s.options)) p(1, `option ${o};`);
    for (const m of s.method) {
      p(1, `rpc ${m.name}(${m.clientStreaming ? 'stream ' : ''}${m.inputType}) returns (${m.serverStreaming ? 'stream ' : ''}${m.outputType}) {`);
      for (const o of opts(MethodOptionsSchema, m.options)) p(2, `option ${o};`);
      p(1, '}');
    }
    p(0, '}');
  }
  return out.join('\n') + '\n';
}
