---@meta
-- What `setup` takes. The settings below it are those of the server: `lua/kireji/settings.lua`, made from its own table.

---@class kireji.Config
---@field cmd? string[] how the server is started
---@field settings? kireji.Settings settings of taste; protected ones (key, endpoint, caps, trust) have no effect here
---@field keys? kireji.Keys|false keys of insert mode; false maps none

---@class kireji.Keys
---@field accept? string|false the whole suggestion
---@field accept_word? string|false its next word
---@field accept_line? string|false its next line
---@field next? string|false the next one, where there are several
---@field dismiss? string|false take it away
