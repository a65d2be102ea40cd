import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { KNOWN_FIELDS } from './field-names.ts';
import { RequestHead, ResponseHead } from './message.ts';

/** Gives every field of the head another value than it has, those behind accessors too. */
function disturb(head: RequestHead | ResponseHead): void {
  for (const [name, value] of Object.entries(head)) {
    const other = { number: 7, string: 'left over', boolean: !value }[typeof value as string];
    if (other !== undefined) Object.assign(head, { [name]: other });
  }
  head.fields.append(1, 'Host', 'left over');
}

/** All that can be seen of a head besides its fields: what it has, and what it derives. */
function seen(head: RequestHead | ResponseHead): Record<string, unknown> {
  const { fields, ...own } = head;
  const rest: Record<string, unknown> = { ...own };
  const derived = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(head));
  for (const [name, { get }] of Object.entries(derived)) {
    if (get !== undefined && name !== 'pathBytes') rest[name] = get.call(head);
  }
  return { ...rest, isPathOfHead: head instanceof RequestHead && head.pathBytes === fields.bytes };
}

/** The ways in which target and path come into a head. */
const WAYS: Record<string, (head: RequestHead) => void> = {
  'as spans': (head) => locate(head, '/left/over', '?query'),
  'as spans that were read': (head) => {
    locate(head, '/left/over', '?query');
    assert.deepEqual([head.target, head.path], ['/left/over?query', '/left/over']);
  },
  'as a span of the target alone': (head) => {
    head.fields.take(Buffer.from('GET http://a/ HTTP/1.1'), 0, 22);
    head.locateTarget(4, 13);
  },
  'as strings': (head) => {
    head.target = 'http://left/over';
    head.originTarget = '/left?over';
    head.path = '/left';
  },
  'as strings in place of spans': (head) => {
    locate(head, '/left/over', '?query');
    head.originTarget = '/other?over';
    head.path = '/other';
    assert.deepEqual([head.target, head.path], ['/left/over?query', '/other']);
  },
  'as "*"': (head) => {
    head.target = '*';
    head.path = '*';
  },
};

function locate(head: RequestHead, path: string, query: string): RequestHead {
  const bytes = Buffer.from(`GET ${path}${query} HTTP/1.1\r\n\r\n`, 'latin1');
  head.fields.take(bytes, 0, bytes.length);
  head.locateTarget(4, 4 + path.length + query.length);
  head.locatePath(query === '' ? -1 : path.length);
  return head;
}

describe('nothing of one message reaches the next', () => {
  for (const make of [() => new RequestHead(), () => new ResponseHead()]) {
    const [head, fresh] = [make(), make()];
    test(`a ${head.constructor.name}`, () => {
      disturb(head);
      head.reset();
      assert.deepEqual(seen(head), seen(fresh));
      const { fields } = head;
      assert.deepEqual([fields.count, fields.text, fields.find(1)], [0, '', -1]);
      assert.ok(KNOWN_FIELDS.every((_, id) => fields.countOf(id) === 0));
    });
  }

  for (const [name, set] of Object.entries(WAYS)) {
    test(`target and path that came ${name}`, () => {
      const head = new RequestHead();
      set(head);
      assert.notDeepEqual(seen(head), seen(new RequestHead()));
      head.reset();
      assert.deepEqual(seen(head), seen(new RequestHead()));
    });
  }

  test('target and path, whatever way each of two requests has', () => {
    for (const before of Object.values(WAYS)) {
      for (const set of Object.values(WAYS)) {
        const [head, fresh] = [new RequestHead(), new RequestHead()];
        before(head);
        head.reset();
        for (const one of [head, fresh]) set(one);
        assert.deepEqual(seen(head), seen(fresh));
      }
    }
  });
});

describe('target and path of a request', () => {
  const text = ({ pathBytes, pathEnd, pathStart }: RequestHead): string =>
    pathBytes.toString('latin1', pathStart, pathEnd);

  it('are spans of the head', () => {
    for (const query of ['', '?', '?a=/b?c']) {
      const head = locate(new RequestHead(), '/a\xe9/b', query);
      assert.deepEqual([head.target, head.originTarget], [`/a\xe9/b${query}`, `/a\xe9/b${query}`]);
      assert.deepEqual([head.path, text(head)], ['/a\xe9/b', '/a\xe9/b']);
      assert.deepEqual([head.queryAt, head.targetBytes], [query === '' ? -1 : 5, 5 + query.length]);
      assert.equal(head.targetFirst, '/'.charCodeAt(0));
      const { fields, sameTargetEnd, sameTargetStart } = head;
      assert.equal(fields.text.slice(sameTargetStart, sameTargetEnd), `/a\xe9/b${query}`);
      assert.equal(head.isForServer, false);
    }
  });

  it('are the strings that were set, and go on as these', () => {
    const head = locate(new RequestHead(), '/a/b', '?c');
    head.originTarget = '/x\xe9y?z';
    assert.deepEqual([head.target, head.originTarget], ['/a/b?c', '/x\xe9y?z']);
    assert.deepEqual([head.sameTargetStart, head.targetBytes], [-1, 6]);
    assert.deepEqual([head.path, text(head)], ['/a/b', '/a/b']);
    head.path = '/x\xe9y';
    assert.deepEqual([head.path, text(head)], ['/x\xe9y', '/x\xe9y']);
    head.path = '';
    assert.deepEqual([head.path, text(head)], ['', '']);
    head.target = 'http://a/';
    assert.deepEqual([head.target, head.originTarget], ['http://a/', '/x\xe9y?z']);
    assert.ok(Number.isNaN(head.targetFirst));
  });

  it('stay what they are when fields are added beyond the memory of the head', () => {
    for (const isRead of [true, false]) {
      const head = locate(new RequestHead(), '/a/b', '?c');
      if (isRead) assert.equal(head.target + head.path, '/a/b?c/a/b');
      head.fields.append(0, 'A', 'a'.repeat(9_000));
      assert.deepEqual([head.target, head.path, text(head)], ['/a/b?c', '/a/b', '/a/b']);
    }
  });

  it('are empty in a head of nothing', () => {
    const head = new RequestHead();
    assert.deepEqual([head.target, head.originTarget, head.path, text(head)], ['', '', '', '']);
    assert.deepEqual([head.sameTargetStart, head.targetBytes, head.isForServer], [-1, 0, false]);
  });

  it('say whether the server as a whole is asked', () => {
    const head = new RequestHead();
    head.path = '*';
    assert.equal(head.isForServer, true);
    assert.equal(locate(new RequestHead(), '/*', '').isForServer, false);
  });
});
