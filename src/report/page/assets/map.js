/**
 * Walking through a map: entering a folder lays it out again from the numbers that stand beside the map. Arrow keys go
 * from area to area, Enter goes in, Escape comes back out.
 */
(() => {
  const SVG = 'http://www.w3.org/2000/svg';
  const HEIGHT = 600;
  const TITLE = 18;
  const FRAME = 2;
  const TONES = 8;

  for (const figure of document.querySelectorAll('figure.map')) open(figure);

  function open(figure) {
    const svg = figure.querySelector('svg.tiles');
    const told = figure.querySelector('.told');
    const crumbs = figure.querySelector('.crumbs');
    const areas = JSON.parse(figure.querySelector('script').textContent).map(
      ([outer, name, size, files, hidden, tone, isRest]) => ({
        outer,
        name,
        size,
        files,
        hidden,
        tone,
        isRest,
        children: [],
      }),
    );
    areas.forEach((area, index) => {
      if (area.outer >= 0) areas[area.outer].children.push(index);
    });
    if (areas.length < 2) return;
    const atFirst = [...svg.children];
    const label = svg.getAttribute('aria-label');
    let root = 0;

    svg.setAttribute('role', 'group');
    atFirst.forEach(equip);
    showCrumbs();

    svg.addEventListener('click', ({ target }) => act(tileAt(target)));
    svg.addEventListener('keydown', pressed);
    svg.addEventListener('pointerover', ({ target }) => tell(tileAt(target)));
    svg.addEventListener('focusin', ({ target }) => {
      const tile = tileAt(target);
      if (!tile) return;
      makeCurrent(tile);
      tell(tile);
    });

    function equip(tile, position) {
      const area = areas[tile.dataset.i];
      tile.setAttribute('role', 'button');
      tile.setAttribute('tabindex', position === 0 ? '0' : '-1');
      tile.setAttribute(
        'aria-label',
        `${describe(area)}${area.children.length > 0 ? '. Enter goes in' : ''}`,
      );
    }

    function tileAt(target) {
      const tile = target instanceof Element ? target.closest('svg.t') : null;
      return tile && svg.contains(tile) ? tile : undefined;
    }

    function makeCurrent(tile) {
      svg.querySelector('[tabindex="0"]')?.setAttribute('tabindex', '-1');
      tile.setAttribute('tabindex', '0');
    }

    function tell(tile) {
      if (tile) told.textContent = describe(areas[tile.dataset.i]);
    }

    function act(tile) {
      if (!tile) return;
      tell(tile);
      const index = Number(tile.dataset.i);
      if (areas[index].children.length > 0) show(index, true);
      else tile.focus();
    }

    function pressed(event) {
      const tile = tileAt(event.target);
      if (!tile) return;
      if (event.key === 'Enter' || event.key === ' ') act(tile);
      else if (event.key === 'Escape' || event.key === 'Backspace') {
        if (root === 0) return;
        const left = root;
        show(areas[root].outer, false);
        (svg.querySelector(`[data-i="${left}"]`) ?? svg.firstElementChild).focus();
      } else {
        const next = neighbour(tile, event.key);
        if (!next) return;
        next.focus();
      }
      event.preventDefault();
    }

    /** Tiles stand in the order of the tree: a frame before what is in it. */
    function neighbour(tile, key) {
      const tiles = [...svg.children];
      const at = tiles.indexOf(tile);
      if (key === 'ArrowRight') return tiles[at + 1];
      if (key === 'ArrowLeft') return tiles[at - 1];
      if (key === 'Home') return tiles[0];
      if (key === 'End') return tiles.at(-1);
      const { outer } = areas[tile.dataset.i];
      const isSibling = (each) => areas[each.dataset.i].outer === outer;
      if (key === 'ArrowDown') return tiles.slice(at + 1).find(isSibling);
      if (key === 'ArrowUp') return tiles.slice(0, at).toReversed().find(isSibling);
      return undefined;
    }

    function show(index, takesFocus) {
      root = index;
      const area = areas[index];
      if (index === 0) svg.replaceChildren(...atFirst);
      else svg.replaceChildren(...draw(index));
      svg.setAttribute(
        'aria-label',
        index === 0 ? label : `Inside of ${describe(area)}. Escape goes back out.`,
      );
      showCrumbs();
      told.textContent = describe(area);
      if (takesFocus) svg.firstElementChild?.focus();
    }

    function showCrumbs() {
      const path = [];
      for (let at = root; at >= 0; at = areas[at].outer) path.unshift(at);
      crumbs.replaceChildren(
        ...path.map((index) => {
          const button = document.createElement('button');
          button.type = 'button';
          button.textContent = areas[index].name;
          if (index === root) button.setAttribute('aria-current', 'true');
          button.addEventListener('click', () => {
            show(index, false);
            crumbs.lastElementChild.focus();
          });
          return button;
        }),
      );
    }

    function describe(area) {
      const path = [];
      for (let at = area; at.outer > 0; at = areas[at.outer]) path.unshift(areas[at.outer].name);
      const where = area.isRest
        ? `${area.name} in ${path.join('/') || areas[0].name}`
        : [...path, area.name].join('/');
      const hidden = area.hidden > 0 ? `, ${bytes(area.hidden)} of it hidden by later layers` : '';
      const files = area.files === 1 ? '1 file' : `${area.files.toLocaleString('en')} files`;
      return `${where}: ${bytes(area.size)}, ${percent(area.size, areas[0].size)}, ${files}${hidden}`;
    }

    function draw(index) {
      const width = svg.clientWidth || 1120;
      const drawn = [];
      place(index, { x: 0, y: 0, width, height: HEIGHT }, 0);
      return drawn;

      function place(at, box, depth) {
        const area = areas[at];
        if (box.width < 2.5 || box.height < 2.5) return;
        const isOpen = area.children.length > 0 && (depth === 0 || box.width * box.height >= 500);
        if (depth > 0) drawn.push(element(at, box, isOpen, width));
        if (!isOpen) return;
        const hasTitle = depth > 0 && box.height >= TITLE * 2.2 && box.width >= 44;
        const frame = depth > 0 ? FRAME : 0;
        const top = hasTitle ? TITLE : frame;
        const inner = {
          x: box.x + frame,
          y: box.y + top,
          width: box.width - 2 * frame,
          height: box.height - top - frame,
        };
        const boxes = squarify(
          area.children.map((child) => areas[child].size),
          inner,
          area.size,
        );
        boxes.forEach((each, position) => place(area.children[position], each, depth + 1));
      }
    }

    function element(at, box, isFrame, width) {
      const area = areas[at];
      const tile = document.createElementNS(SVG, 'svg');
      const rest = area.isRest ? ' r' : '';
      tile.setAttribute(
        'class',
        `t ${area.tone < 0 ? 'around' : `t${area.tone % TONES}`}${isFrame ? ' f' : ''}${rest}`,
      );
      tile.dataset.i = at;
      tile.setAttribute('x', `${(box.x * 100) / width}%`);
      tile.setAttribute('y', `${(box.y * 100) / HEIGHT}%`);
      tile.setAttribute('width', `${(box.width * 100) / width}%`);
      tile.setAttribute('height', `${(box.height * 100) / HEIGHT}%`);
      tile.append(fill());
      if (area.hidden * 2 > area.size && !isFrame) tile.append(fill('url(#hatch)'));
      if (box.width >= 34 && box.height >= 16) {
        const text = document.createElementNS(SVG, 'text');
        text.setAttribute('x', '5');
        text.setAttribute('y', '13');
        text.textContent = area.name;
        tile.append(text);
      }
      equip(
        tile,
        tile.dataset.i === String(root) ? 0 : area.outer === root && areas[root].children[0] === at ? 0 : 1,
      );
      return tile;
    }

    function fill(color) {
      const rect = document.createElementNS(SVG, 'rect');
      rect.setAttribute('width', '100%');
      rect.setAttribute('height', '100%');
      if (color) rect.setAttribute('fill', color);
      return rect;
    }
  }

  /** Rows of areas, each as near to squares as they get; `sizes` from large to small. */
  function squarify(sizes, box, whole) {
    const scale = (Math.max(0, box.width) * Math.max(0, box.height)) / whole;
    const boxes = [];
    let { x, y, width, height } = box;
    let start = 0;
    while (start < sizes.length) {
      const side = Math.max(Math.min(width, height), 0.001);
      let sum = 0;
      let worst = Infinity;
      let end = start;
      for (; end < sizes.length; end += 1) {
        const next = sum + sizes[end] * scale;
        const [large, small] = [sizes[start] * scale, sizes[end] * scale];
        const ratio = Math.max((side * side * large) / (next * next), (next * next) / (side * side * small));
        if (ratio > worst) break;
        [sum, worst] = [next, ratio];
      }
      const thick = sum / side;
      let along = 0;
      for (let at = start; at < end; at += 1) {
        const long = (sizes[at] * scale) / (thick || 1);
        if (width >= height) boxes.push({ x, y: y + along, width: thick, height: long });
        else boxes.push({ x: x + along, y, width: long, height: thick });
        along += long;
      }
      if (width >= height) [x, width] = [x + thick, width - thick];
      else [y, height] = [y + thick, height - thick];
      start = end;
    }
    return boxes;
  }

  function bytes(count) {
    const units = ['B', 'kB', 'MB', 'GB', 'TB'];
    let unit = 0;
    let value = count;
    while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
    return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
  }

  function percent(part, whole) {
    const value = (part * 100) / whole;
    return value < 0.1 ? 'under 0.1 %' : `${value.toFixed(value < 10 ? 1 : 0)} %`;
  }
})();
