-- An editing session of Neovim with `kasc lsp`: KASC_SESSION has the words that start the server (JSON), the file to
-- edit and the file for the result. Keys are typed as by a person; each step waits for what the server answers.
local session = vim.fn.json_decode(os.getenv("KASC_SESSION"))
local result = { messages = {} }
local patience = 30000

vim.o.swapfile = false
vim.o.completeopt = "menuone,noselect"
vim.notify = function(message)
  table.insert(result.messages, message)
end

local function finish(problem)
  result.problem = problem
  vim.fn.writefile({ vim.fn.json_encode(result) }, session.result)
  vim.cmd("qall!")
end

-- Calls `next` with what `ready` returns, as soon as that is true.
local function await(what, ready, next)
  local start = vim.loop.now()
  local function poll()
    local ok, value = pcall(ready)
    if not ok then
      finish(what .. ": " .. tostring(value))
    elseif value then
      local good, problem = pcall(next, value)
      if not good then
        finish(what .. ": " .. tostring(problem))
      end
    elseif vim.loop.now() - start > patience then
      finish("no " .. what)
    else
      vim.defer_fn(poll, 20)
    end
  end
  poll()
end

local function lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

local function diagnostics()
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(0)) do
    table.insert(found, { code = each.code or each.user_data.lsp.code, line = each.lnum, column = each.col, message = each.message })
  end
  return found
end

local function keys(text)
  vim.api.nvim_input(text)
end

vim.cmd("edit " .. vim.fn.fnameescape(session.file))
local client = vim.lsp.start_client({ name = "kasc", cmd = session.command, root_dir = vim.fn.getcwd() })
vim.lsp.buf_attach_client(0, client)
vim.bo.omnifunc = "v:lua.vim.lsp.omnifunc"

await("diagnostics", function()
  return #diagnostics() > 0 and diagnostics()
end, function(found)
  result.diagnostics = found
  vim.api.nvim_win_set_cursor(0, { found[1].line + 1, found[1].column })
  vim.ui.select = function(items, _, choose)
    result.actions = vim.tbl_map(function(item)
      return item[2].title
    end, items)
    choose(items[1])
  end
  local before = table.concat(lines(), "\n")
  vim.lsp.buf.code_action()
  await("fix", function()
    return table.concat(lines(), "\n") ~= before
  end, function()
    await("check of the fixed text", function()
      return #diagnostics() == 0
    end, function()
      result.fixed = lines()
      -- Type a flag and complete it.
      keys("Go" .. session.typed .. "<C-x><C-o>")
      await("completion", function()
        return vim.fn.pumvisible() == 1 and vim.fn.complete_info({ "items" }).items
      end, function(items)
        result.offered = vim.tbl_map(function(item)
          return item.word
        end, items)
        keys("<C-n><C-y><Esc>")
        await("end of the completion", function()
          return vim.fn.mode() == "n"
        end, function()
          result.completed = lines()
          vim.api.nvim_win_set_cursor(0, { #lines(), 12 })
          vim.lsp.buf_request(0, "textDocument/hover", vim.lsp.util.make_position_params(), function(_, answer)
            result.hover = answer and answer.contents.value or ""
            finish()
          end)
        end)
      end)
    end)
  end)
end)
