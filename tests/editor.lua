-- What an editor does with `hotline lsp`: Neovim's own client, without a window. Called by tests/editor.rs with the
-- binary, the folder of the house, what to do there and the file for what came of it, as JSON.
local binary, house, result = os.getenv('HOTLINE'), os.getenv('HOUSE'), os.getenv('RESULT')
local found = {}
local client = vim.lsp.start_client({ name = 'hotline', cmd = { binary, 'lsp' }, root_dir = house })
local buffer -- the one that is asked about

local function open(flow)
  vim.o.hidden = true -- what is not saved stays while another file is shown
  vim.cmd('edit ' .. vim.fn.fnameescape(house .. '/flows/' .. flow))
  buffer = vim.api.nvim_get_current_buf()
  vim.lsp.buf_attach_client(buffer, client)
  vim.wait(30000, function() return vim.lsp.buf_get_clients(buffer)[client] ~= nil end, 10)
end

-- Waits for the findings in the flow to be as `wanted` says; how long that took.
local function findings(wanted)
  local ok = vim.wait(30000, function() return wanted(vim.diagnostic.get(buffer)) end, 10)
  assert(ok, 'the findings did not become so: ' .. vim.inspect(vim.diagnostic.get(buffer)))
  return vim.tbl_map(function(it)
    return { line = it.lnum, column = it.col, code = it.code or (it.user_data and it.user_data.lsp.code), says = it.message }
  end, vim.diagnostic.get(buffer))
end

-- The line that has `text`, from 0, and the byte behind it.
local function place(text)
  for line, content in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local _, last = content:find(text, 1, true)
    if last then return line - 1, last end
  end
  error('nothing is called ' .. text)
end

local function ask(method, text, more)
  local line, column = place(text)
  vim.api.nvim_win_set_cursor(0, { line + 1, column })
  local content = vim.api.nvim_buf_get_lines(buffer, line, line + 1, false)[1]
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    position = { line = line, character = vim.lsp.util._str_utfindex_enc(content, column, 'utf-16') },
  }
  local answers = vim.lsp.buf_request_sync(buffer, method, vim.tbl_extend('force', params, more or {}), 30000)
  local answer = assert(answers and answers[client], method .. ' was not answered')
  assert(not answer.err, vim.inspect(answer.err))
  return answer.result
end

local function write(line, text)
  vim.api.nvim_buf_set_lines(buffer, line, line + 1, false, { text })
end

local scenarios = {}

function scenarios.one_flow()
  open('shop.yaml')

  -- A name with a mistake behind Chinese letters.
  local line = place('- goto: ask-order')
  local sound = vim.api.nvim_buf_get_lines(buffer, line, line + 1, false)[1]
  write(line, '    - { when: \'called.number == "热线"\', goto: ask-ordre }')
  local mistakes = findings(function(all)
    return #vim.tbl_filter(function(it) return it.message:find('ask-ordre', 1, true) ~= nil end, all) > 0
  end)
  found.mistake = vim.tbl_filter(function(it) return it.says:find('ask-ordre', 1, true) ~= nil end, mistakes)[1]

  -- What can be done about it.
  local range = { line = line, character = vim.lsp.util._str_utfindex_enc(vim.api.nvim_buf_get_lines(buffer, line, line + 1, false)[1], found.mistake.column, 'utf-16') }
  local fixes = ask('textDocument/codeAction', 'ask-ordre', {
    range = { start = range, ['end'] = range }, context = { diagnostics = {} },
  })
  found.fix = fixes[1].title
  vim.lsp.util.apply_workspace_edit(fixes[1].edit, 'utf-16')
  found.fixed = vim.api.nvim_buf_get_lines(buffer, line, line + 1, false)[1]
  write(line, sound)

  -- Broken YAML keeps its names.
  write(line, '    - play: [welcome, ')
  local items = ask('textDocument/completion', '- play: [welcome, ').items
  found.prompts = vim.tbl_map(function(it) return it.label end, items)
  write(line, sound)

  found.hover = ask('textDocument/hover', '- play: wel').contents.value
  local definition = ask('textDocument/definition', '- play: wel')
  found.definition = vim.tbl_map(function(it) return { uri = it.uri, line = it.range.start.line } end, definition)
  found.references = #ask('textDocument/references', '- goto: ask-or', { context = { includeDeclaration = true } })
  found.outline = vim.tbl_map(function(it) return it.name end, ask('textDocument/documentSymbol', 'flow:'))

  -- A step gets another name in the flow and its scenarios.
  local edit = ask('textDocument/rename', '- goto: ask-or', { newName = 'ask-for-order' })
  vim.lsp.util.apply_workspace_edit(edit, 'utf-16')
  vim.cmd('silent wall')
  vim.wait(300, function() return false end)
  found.after = findings(function(all)
    return #vim.tbl_filter(function(it) return it.severity == vim.diagnostic.severity.ERROR end, all) == 0
  end)
end

-- Of two flows, one runs the other; both are open, and the one that is run is not saved.
function scenarios.two_flows()
  local function labels(text)
    local items = ask('textDocument/completion', text).items
    return vim.tbl_map(function(it) return it.label end, items)
  end
  local function sound(all)
    return #vim.tbl_filter(function(it) return it.severity == vim.diagnostic.severity.ERROR end, all) == 0
  end
  local function says(text)
    return function(all)
      return #vim.tbl_filter(function(it) return it.message:find(text, 1, true) ~= nil end, all) > 0
    end
  end
  open('shared/identify.yaml')
  local run = buffer
  open('front.yaml')
  local front = buffer
  findings(sound)

  -- What may be written.
  local line = place('- run: identify')
  local lines = vim.api.nvim_buf_get_lines(buffer, line, line + 3, false)
  write(line, '    - run: ')
  found.flows = labels('- run: ')
  write(line, lines[1])
  write(line + 1, '      with: { ')
  found.inputs = labels('with: { ')
  write(line + 1, lines[2])
  write(line + 2, '      re')
  found.exits = labels('      re')
  write(line + 2, lines[3])

  found.hover = ask('textDocument/hover', '- run: iden').contents.value
  local definition = ask('textDocument/definition', '- run: iden')
  found.definition = vim.tbl_map(function(it) return { uri = it.uri, line = it.range.start.line } end, definition)
  found.references = #ask('textDocument/references', '      refu', { context = { includeDeclaration = true } })

  -- What is typed there is seen here, without being saved.
  buffer = run
  line = place('takes: { number: digits }')
  write(line, 'takes: { number: digits, pin: digits }')
  buffer = front
  found.missing = findings(says('pin'))
  found.saved = table.concat(vim.fn.readfile(house .. '/flows/shared/identify.yaml'), '\n')
  buffer = run
  write(line, 'takes: { number: digits }')
  buffer = front
  findings(sound)

  -- An exit gets another name in both.
  local edit = ask('textDocument/rename', '      refu', { newName = 'turned-away' })
  vim.lsp.util.apply_workspace_edit(edit, 'utf-16')
  vim.cmd('silent wall')
  findings(sound)

  -- A flow that is closed unsaved is again what the disk has.
  buffer = run
  write(line, 'takes: { number: digits, pin: digits }')
  buffer = front
  findings(says('pin'))
  vim.cmd('bdelete! ' .. run)
  findings(sound)
end

local ok, error = pcall(scenarios[os.getenv('SCENARIO')])
found.error = not ok and tostring(error) or nil
local file = assert(io.open(result, 'w'))
file:write(vim.fn.json_encode(found))
file:close()
vim.lsp.stop_client(client)
vim.wait(5000, function() return vim.lsp.client_is_stopped(client) end, 10)
vim.cmd('qall!')
