-- Who draws suggestions: Neovim itself where it can (0.12), else our own ghost text. Both are asked in the same words.

local M = {}

---@class kireji.Ghost
---@field enable fun()
---@field visible fun(): boolean
---@field accept fun(part: 'all'|'word'|'line'): boolean
---@field next fun(): boolean
---@field dismiss fun(): boolean

---@type kireji.Ghost
local drawer = vim.lsp.inline_completion and require('kireji.ghost.native') or require('kireji.ghost.own')

function M.enable() drawer.enable() end

---@return boolean
function M.visible() return drawer.visible() end

--- Takes the suggestion, or its next part. False where there is none.
---@param part 'all'|'word'|'line'
---@return boolean
function M.accept(part) return drawer.accept(part) end

---@return boolean
function M.next() return drawer.next() end

---@return boolean
function M.dismiss() return drawer.dismiss() end

return M
