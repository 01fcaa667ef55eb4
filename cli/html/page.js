(() => {
  'use strict';
  const root = document.documentElement;
  const all = (what, within = document) => Array.from(within.querySelectorAll(what));
  const make = (name, words, named) => {
    const made = document.createElement(name);
    made.textContent = words;
    if (named) made.className = named;
    return made;
  };
  const button = (words, act) => {
    const made = make('button', words);
    made.type = 'button';
    made.addEventListener('click', act);
    return made;
  };

  // Light or dark: the system's, until somebody asks for the other one.
  const theme = button('dark / light', () => {
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  });
  theme.setAttribute('aria-label', 'switch between light and dark');
  document.querySelector('header').append(theme);

  // Some browsers keep the clipboard from a page on the disk: then the command is selected.
  for (const command of all('.again .command')) {
    const copy = button('copy', async () => {
      try {
        await navigator.clipboard.writeText(command.textContent);
        copy.textContent = 'copied';
      } catch {
        getSelection().selectAllChildren(command);
        copy.textContent = 'selected: press Ctrl+C';
      }
      setTimeout(() => { copy.textContent = 'copy'; }, 2000);
    });
    copy.setAttribute('aria-live', 'polite');
    command.after(' ', copy);
  }

  // Filters: a verdict, and what is claimed. A second press clears.
  for (const table of all('table.clauses')) {
    const rows = all('tbody tr', table);
    const pressed = new Map();
    const apply = () => {
      const verdicts = [];
      let claimed = false;
      for (const [one, filter] of pressed) {
        const on = one.getAttribute('aria-pressed') === 'true';
        if (on) { if (filter === 'claimed') claimed = true; else verdicts.push(filter); }
      }
      for (const row of rows) {
        const wanted = verdicts.length === 0 || verdicts.includes(row.dataset.verdict);
        row.hidden = !wanted || (claimed ? row.dataset.claimed !== 'yes' : false);
      }
    };
    const press = event => {
      const one = event.currentTarget, on = one.getAttribute('aria-pressed') !== 'true';
      for (const [other, filter] of pressed)
        if (pressed.get(one) !== 'claimed') { if (filter !== 'claimed') other.setAttribute('aria-pressed', 'false'); }
      one.setAttribute('aria-pressed', String(on));
      apply();
    };
    const controls = make('div', '', 'controls');
    controls.setAttribute('role', 'group');
    controls.setAttribute('aria-label', 'show only');
    for (const filter of ['violated', 'inconclusive', 'upheld', 'claimed']) {
      const some = rows.filter(row => filter === 'claimed' ? row.dataset.claimed === 'yes' : row.dataset.verdict === filter).length;
      if (some === 0) continue;
      const made = button((filter === 'claimed' ? 'claimed only' : filter) + ' ' + some, press);
      made.dataset.filter = filter;
      made.setAttribute('aria-pressed', 'false');
      pressed.set(made, filter);
      controls.append(made, ' ');
    }
    if (pressed.size > 0) table.parentElement.before(controls);
  }

  // Witnesses: a tab for each.
  const reveal = new Map();
  for (const group of all('.witnesses')) {
    const panels = all('.witness', group);
    if (2 > panels.length) continue;
    const tabs = make('div', '', 'controls');
    tabs.setAttribute('role', 'tablist');
    tabs.setAttribute('aria-label', 'causes');
    const buttons = [];
    const select = wanted => {
      panels.forEach((panel, i) => {
        panel.hidden = i !== wanted;
        buttons[i].setAttribute('aria-selected', String(i === wanted));
        buttons[i].tabIndex = i === wanted ? 0 : -1;
      });
    };
    panels.forEach((panel, i) => {
      const tab = button(panel.dataset.tab, () => select(i));
      tab.id = panel.id + '-tab';
      tab.setAttribute('role', 'tab');
      tab.setAttribute('aria-controls', panel.id);
      panel.setAttribute('role', 'tabpanel');
      panel.setAttribute('aria-labelledby', tab.id);
      buttons.push(tab);
      tabs.append(tab, ' ');
      reveal.set(panel, () => select(i));
    });
    tabs.addEventListener('keydown', event => {
      const now = buttons.indexOf(document.activeElement);
      const to = { ArrowRight: buttons[now + 1], ArrowLeft: buttons[now - 1], Home: buttons[0], End: buttons[buttons.length - 1] }[event.key];
      if (!to) return;
      event.preventDefault();
      select(buttons.indexOf(to));
      to.focus();
    });
    group.prepend(tabs);
    select(0);
  }
  const go_to_asked = () => {
    const element = document.getElementById(location.hash.slice(1)), panel = element ? element.closest('.witness') : null;
    if (!panel) return;
    const open = reveal.get(panel);
    if (open) open();
    element.scrollIntoView();
  };

  // Events: the pointer shows, a click or Enter pins, arrow keys walk, left and right cross to the other run.
  for (const diagram of all('svg.diagram')) {
    const events = all('.event', diagram);
    const inspector = make('p', '', 'inspector');
    const idle = 'Point at an event, or walk with the arrow keys; Enter keeps one.';
    let pinned = null, shown = null;
    const show = event => {
      if (event === shown) return;
      if (shown) shown.classList.remove('shown');
      shown = event;
      if (!event) { inspector.textContent = idle; return; }
      event.classList.add('shown');
      const row = document.getElementById(event.id + '-row');
      inspector.textContent = row ? Array.from(row.cells, cell => cell.textContent).join(' \u00b7 ') : event.getAttribute('aria-label');
    };
    const pin = event => {
      if (pinned) pinned.classList.remove('pinned');
      pinned = event === pinned ? null : event;
      if (pinned) {
        pinned.classList.add('pinned');
        try { history.replaceState(null, '', '#' + pinned.id); }
        catch { location.replace('#' + pinned.id); }  // a frame that may not
      }
      show(event);
    };
    const walk = (from, to) => {
      if (!to) return;
      from.setAttribute('tabindex', '-1');
      to.setAttribute('tabindex', '0');
      to.focus();
    };
    events.forEach((event, i) => {
      event.setAttribute('role', 'button');
      event.setAttribute('tabindex', i === 0 ? '0' : '-1');
      event.addEventListener('pointermove', () => show(event));
      event.addEventListener('pointerleave', () => show(pinned));
      event.addEventListener('focus', () => show(event));
      event.addEventListener('click', () => pin(event));
      event.addEventListener('keydown', key => {
        const side = events.filter(other => other.dataset.side === event.dataset.side), now = side.indexOf(event);
        const other = event.dataset.other ? document.getElementById(event.dataset.other) : null;
        const crosses = event.dataset.side === 'here' ? 'ArrowRight' : 'ArrowLeft';
        const to = { ArrowDown: side[now + 1], ArrowUp: side[now - 1], Home: side[0], End: side[side.length - 1] }[key.key] || (key.key === crosses ? other : null);
        if (to) { key.preventDefault(); walk(event, to); }
        else if (key.key === 'Enter' || key.key === ' ') { key.preventDefault(); pin(event); }
      });
    });
    diagram.parentElement.after(inspector);
    inspector.setAttribute('aria-live', 'polite');
    inspector.textContent = idle;
    const asked = events.find(event => '#' + event.id === location.hash);
    if (asked) pin(asked);
  }
  go_to_asked();
  addEventListener('hashchange', go_to_asked);

  // The run: what is under the pointer, read in the subtitle.
  for (const section of all('section.run')) {
    const chart = section.querySelector('svg.chart'), reading = section.querySelector('.reading');
    const line = chart.querySelector('.at'), words = reading.textContent, shown = chart.dataset, slice = Number(shown.slice);
    const series = [['effects', 'effects', true], ['inFlight', 'in flight', false], ['redelivered', 'redelivered', true], ['duplicated', 'duplicated', true]]
      .filter(([key]) => shown[key]).map(([key, name, rate]) => [shown[key].split(',').map(Number), name, rate]);
    const left = Number(shown.left), right = Number(shown.right), slices = series.length > 0 ? series[0][0].length : 0;
    const number = value => value.toLocaleString('en', { maximumFractionDigits: 1 });
    chart.addEventListener('pointermove', event => {
      const box = chart.getBoundingClientRect(), x = (event.clientX - box.left) * chart.viewBox.baseVal.width / box.width;
      const index = Math.floor((x - left) / (right - left) * slices);
      if (0 > index || index >= slices) return;
      line.setAttribute('x1', x);
      line.setAttribute('x2', x);
      line.setAttribute('visibility', 'visible');
      reading.textContent = 'At ' + (index * slice).toFixed(2) + ' s: ' +
        series.map(([values, name, rate]) => number(rate ? values[index] / slice : values[index]) + ' ' + name + (rate ? '/s' : '')).join(', ');
    });
    chart.addEventListener('pointerleave', () => {
      line.setAttribute('visibility', 'hidden');
      reading.textContent = words;
    });
  }

  // Paper has no tabs and nothing to unfold.
  addEventListener('beforeprint', () => {
    for (const part of all('details')) part.open = true;
    for (const panel of all('.witness')) panel.hidden = false;
  });
})();
