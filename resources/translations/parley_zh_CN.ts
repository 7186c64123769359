<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About Parley</source>
        <translation>关于 Parley</translation>
    </message>
    <message>
        <source>Changes</source>
        <translation>更新记录</translation>
    </message>
    <message>
        <source>Free software under the MIT licence. It uses llama.cpp and Qt.</source>
        <translation>采用 MIT 许可证的自由软件。使用 llama.cpp 和 Qt。</translation>
    </message>
    <message>
        <source>Licences</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Look for a newer version</source>
        <translation>查找新版本</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在查找…</translation>
    </message>
    <message>
        <source>Private conversations with language models on your own machine.</source>
        <translation>在您自己的电脑上与语言模型私密对话。</translation>
    </message>
</context>
<context>
    <name>AccessBar</name>
    <message>
        <source>Enter a token…</source>
        <translation>输入访问令牌…</translation>
    </message>
    <message>
        <source>Open its page…</source>
        <translation>打开其页面…</translation>
    </message>
</context>
<context>
    <name>AttachmentChips</name>
    <message>
        <source>Attached files</source>
        <translation>已附加的文件</translation>
    </message>
</context>
<context>
    <name>BackupsDialog</name>
    <message>
        <source>Back up now</source>
        <translation>立即备份</translation>
    </message>
    <message>
        <source>Backed up: {size}.</source>
        <translation>已备份：{size}。</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>备份</translation>
    </message>
    <message>
        <source>Before a restore</source>
        <translation>恢复之前</translation>
    </message>
    <message>
        <source>Before an update</source>
        <translation>更新之前</translation>
    </message>
    <message>
        <source>By you</source>
        <translation>手动</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Chats</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Chats, folders, presets and the chat templates of then become what they were. What there is now is backed up first, so that you can come back to it.</source>
        <translation>对话、文件夹、预设和当时的对话模板将恢复原样。现有内容会先行备份，以便您随时返回。</translation>
    </message>
    <message>
        <source>Daily</source>
        <translation>每日</translation>
    </message>
    <message>
        <source>Damaged</source>
        <translation>已损坏</translation>
    </message>
    <message>
        <source>Go back to {when}?</source>
        <translation>回到 {when} 的状态？</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>创建时间</translation>
    </message>
    <message>
        <source>Parley closes for a moment and opens again.</source>
        <translation>Parley 会关闭片刻，然后重新打开。</translation>
    </message>
    <message>
        <source>Parley makes one every day: the last seven days and four weeks are kept.</source>
        <translation>Parley 每天备份一次：保留最近七天和四周的备份。</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Restore…</source>
        <translation>恢复…</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>There is no backup yet. Parley makes one every day.</source>
        <translation>还没有备份。Parley 每天备份一次。</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>缘由</translation>
    </message>
</context>
<context>
    <name>CandidateRow</name>
    <message>
        <source>Model {number}</source>
        <translation>模型 {number}</translation>
    </message>
    <message>
        <source>No preset</source>
        <translation>无预设</translation>
    </message>
    <message>
        <source>Preset {number}</source>
        <translation>预设 {number}</translation>
    </message>
</context>
<context>
    <name>CardDialog</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Model card</source>
        <translation>模型卡</translation>
    </message>
</context>
<context>
    <name>ChangesPage</name>
    <message>
        <source>Changes</source>
        <translation>更新记录</translation>
    </message>
</context>
<context>
    <name>ChatPage</name>
    <message>
        <source>Attach files</source>
        <translation>附加文件</translation>
    </message>
    <message>
        <source>Chat copied</source>
        <translation>已复制对话</translation>
    </message>
    <message>
        <source>Message deleted</source>
        <translation>已删除消息</translation>
    </message>
    <message>
        <source>Messages deleted</source>
        <translation>已删除多条消息</translation>
    </message>
    <message>
        <source>Reply copied</source>
        <translation>已复制回复</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>This is the new chat</source>
        <translation>这是新的对话</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>You</source>
        <translation>您</translation>
    </message>
</context>
<context>
    <name>Chip</name>
    <message>
        <source>Remove {name}</source>
        <translation>移除 {name}</translation>
    </message>
    <message>
        <source>{size} · about {tokens} tokens, estimated</source>
        <translation>{size} · 估计约 {tokens} token</translation>
    </message>
    <message>
        <source>{size} · counting…</source>
        <translation>{size} · 正在计数…</translation>
    </message>
    <message>
        <source>{size} · reading…</source>
        <translation>{size} · 正在读取…</translation>
    </message>
    <message>
        <source>{size} · {tokens} tokens</source>
        <translation>{size} · {tokens} token</translation>
    </message>
</context>
<context>
    <name>ChosenBar</name>
    <message>
        <source>Archive</source>
        <translation>归档</translation>
    </message>
    <message>
        <source>Choose none</source>
        <translation>取消选择</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Move to a folder</source>
        <translation>移到文件夹</translation>
    </message>
    <message>
        <source>{count} chats chosen</source>
        <translation>已选择 {count} 个对话</translation>
    </message>
</context>
<context>
    <name>CompareDesk</name>
    <message>
        <source>A temporary chat can be compared from its second message on</source>
        <translation>临时对话从第二条消息起才能比较</translation>
    </message>
    <message>
        <source>Compare with another model</source>
        <translation>与另一模型比较</translation>
    </message>
    <message>
        <source>Compare with another preset</source>
        <translation>与另一预设比较</translation>
    </message>
    <message>
        <source>Edited by you</source>
        <translation>由您编辑</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>Run again exactly</source>
        <translation>原样重新生成</translation>
    </message>
    <message>
        <source>{name}, then</source>
        <translation>{name}，当时</translation>
    </message>
</context>
<context>
    <name>CompareDialog</name>
    <message>
        <source>All at once: together they need {need} of the {room} there are.</source>
        <translation>同时运行：共需 {need}，现有 {room}。</translation>
    </message>
    <message>
        <source>Another text came out.</source>
        <translation>生成了不同的文本。</translation>
    </message>
    <message>
        <source>As it was written</source>
        <translation>原文</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Discard the new reply</source>
        <translation>放弃新回复</translation>
    </message>
    <message>
        <source>Finding out whether they fit into memory together…</source>
        <translation>正在检查内存能否同时容纳…</translation>
    </message>
    <message>
        <source>Keep both</source>
        <translation>两者都保留</translation>
    </message>
    <message>
        <source>Loading the model and checking that its file is the same…</source>
        <translation>正在加载模型并核对其文件…</translation>
    </message>
    <message>
        <source>Mark the differences</source>
        <translation>标出差异</translation>
    </message>
    <message>
        <source>Not begun</source>
        <translation>未开始</translation>
    </message>
    <message>
        <source>One after the other: how much memory they need together is not known.</source>
        <translation>依次运行：共需多少内存未知。</translation>
    </message>
    <message>
        <source>One after the other: together they would need {need}, and there are {room}.</source>
        <translation>依次运行：共需 {need}，只有 {room}。</translation>
    </message>
    <message>
        <source>Run again exactly</source>
        <translation>原样重新生成</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>The file, the options, the template, the sampling and the seed are the same.</source>
        <translation>文件、选项、模板、采样和随机种子均相同。</translation>
    </message>
    <message>
        <source>The prompt was another one: {before} tokens then, {now} now.</source>
        <translation>提示词不同：当时 {before} token，现在 {now}。</translation>
    </message>
    <message>
        <source>The same message, answered anew.</source>
        <translation>同一消息，重新回复。</translation>
    </message>
    <message>
        <source>The same text came out, as far as the first one goes.</source>
        <translation>在第一个回复的范围内，得到了相同的文本。</translation>
    </message>
    <message>
        <source>The same text came out.</source>
        <translation>生成了相同的文本。</translation>
    </message>
    <message>
        <source>The texts differ.</source>
        <translation>文本有差异。</translation>
    </message>
</context>
<context>
    <name>CompareSetup</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Every reply is kept beside the others, and you choose the one to go on with.</source>
        <translation>所有回复都会并列保留，由您选择以哪一个继续。</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>One message, for all of them</source>
        <translation>发给所有模型的消息</translation>
    </message>
    <message>
        <source>One more</source>
        <translation>再加一个</translation>
    </message>
    <message>
        <source>Two of them are the same.</source>
        <translation>其中有两个相同。</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>, nearly full</source>
        <translation>，即将用满</translation>
    </message>
    <message>
        <source>Attach files…</source>
        <translation>附加文件…</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>{rate} tok/s</source>
        <translation>{rate} token/s</translation>
    </message>
    <message>
        <source>{used} of {limit} tokens</source>
        <translation>{used} / {limit} token</translation>
    </message>
</context>
<context>
    <name>ConsentDialog</name>
    <message>
        <source>Do not ask again for “{server}”</source>
        <translation>不再询问“{server}”</translation>
    </message>
    <message>
        <source>Do not send</source>
        <translation>不发送</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>Send to another machine?</source>
        <translation>发送到另一台机器？</translation>
    </message>
    <message>
        <source>The way there is not encrypted.</source>
        <translation>传输途中未加密。</translation>
    </message>
    <message>
        <source>This chat will leave your machine</source>
        <translation>此对话将离开您的电脑</translation>
    </message>
    <message>
        <source>{model} runs on “{server}” at {host}. The whole chat is sent there with each message. Who runs that server can read it.</source>
        <translation>{model} 在位于 {host} 的“{server}”上运行。每条消息都会将整个对话发送到那里。该服务器的管理者可以读取。</translation>
    </message>
</context>
<context>
    <name>ConversationModel</name>
    <message>
        <source>A reply is being written</source>
        <translation>正在写回复</translation>
    </message>
    <message>
        <source>Another window or program is answering here</source>
        <translation>另一个窗口或程序正在此处回复</translation>
    </message>
    <message>
        <source>Folder, closed</source>
        <translation>文件夹，已折叠</translation>
    </message>
    <message>
        <source>Folder, open</source>
        <translation>文件夹，已展开</translation>
    </message>
    <message>
        <source>More chats of this folder</source>
        <translation>此文件夹中的更多对话</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>已置顶</translation>
    </message>
</context>
<context>
    <name>ConversationView</name>
    <message>
        <source>{count} chats</source>
        <translation>{count} 个对话</translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>架构</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy: {title}</source>
        <translation>复制：{title}</translation>
    </message>
    <message>
        <source>Costs in the context</source>
        <translation>上下文占用</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Ended by</source>
        <translation>结束原因</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>引擎</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>First token after</source>
        <translation>首个 token 用时</translation>
    </message>
    <message>
        <source>How this reply came to be</source>
        <translation>这条回复是如何生成的</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>加载</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Messages left out</source>
        <translation>省略的消息</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Not taken by the server</source>
        <translation>服务器未采用</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>提示词</translation>
    </message>
    <message>
        <source>Prompt tokens</source>
        <translation>提示词 token</translation>
    </message>
    <message>
        <source>Quantization</source>
        <translation>量化</translation>
    </message>
    <message>
        <source>Reads at most</source>
        <translation>最多读取</translation>
    </message>
    <message>
        <source>Reply</source>
        <translation>回复</translation>
    </message>
    <message>
        <source>Reply tokens</source>
        <translation>回复 token</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>服务器</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>Template</source>
        <translation>模板</translation>
    </message>
    <message>
        <source>The prompt, as the model saw it</source>
        <translation>模型看到的提示词</translation>
    </message>
    <message>
        <source>Thought for</source>
        <translation>思考用时</translation>
    </message>
    <message>
        <source>Written</source>
        <translation>写于</translation>
    </message>
    <message>
        <source>about {tokens} tokens</source>
        <translation>约 {tokens} token</translation>
    </message>
    <message>
        <source>being written</source>
        <translation>正在书写</translation>
    </message>
    <message>
        <source>complete</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>not computed yet</source>
        <translation>尚未计算</translation>
    </message>
    <message>
        <source>of these reused</source>
        <translation>其中重复使用</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>the end of the context</source>
        <translation>上下文已满</translation>
    </message>
    <message>
        <source>the model itself</source>
        <translation>模型自行结束</translation>
    </message>
    <message>
        <source>the model&apos;s own</source>
        <translation>模型自带</translation>
    </message>
    <message>
        <source>the token limit</source>
        <translation>达到 token 上限</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>token</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>you</source>
        <translation>由您停止</translation>
    </message>
    <message>
        <source>{tokens} tokens</source>
        <translation>{tokens} token</translation>
    </message>
</context>
<context>
    <name>DeviceLine</name>
    <message>
        <source>in {device}</source>
        <translation>{device}中</translation>
    </message>
    <message>
        <source>on the {device}</source>
        <translation>{device} 上</translation>
    </message>
    <message>
        <source>{used} of {total}</source>
        <translation>{used} / {total}</translation>
    </message>
    <message>
        <source>{used} of {total} in use while it runs</source>
        <translation>运行时占用 {used} / {total}</translation>
    </message>
</context>
<context>
    <name>DownloadRow</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>连接中</translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation>正在连接…</translation>
    </message>
    <message>
        <source>Downloading and preparing</source>
        <translation>正在下载并准备</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>More: {name}</source>
        <translation>更多：{name}</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>下移</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>上移</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Pausing…</source>
        <translation>正在暂停…</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>准备中</translation>
    </message>
    <message>
        <source>Repairing</source>
        <translation>修复中</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Run next</source>
        <translation>优先下载</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>在文件夹中显示</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation>校验中</translation>
    </message>
    <message>
        <source>Waiting for its turn</source>
        <translation>排队等候</translation>
    </message>
    <message>
        <source>Waiting for the Hub</source>
        <translation>正在等待 Hub</translation>
    </message>
    <message>
        <source>{count} h left</source>
        <translation>剩余 {count} 小时</translation>
    </message>
    <message>
        <source>{count} min left</source>
        <translation>剩余 {count} 分钟</translation>
    </message>
    <message>
        <source>{count} s left</source>
        <translation>剩余 {count} 秒</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} / {total}</translation>
    </message>
    <message>
        <source>{path}: {done} of {total}</source>
        <translation>{path}：{done} / {total}</translation>
    </message>
    <message>
        <source>{rate}/s</source>
        <translation>{rate}/s</translation>
    </message>
    <message>
        <source>{total}, verified</source>
        <translation>{total}，已校验</translation>
    </message>
</context>
<context>
    <name>DownloadsDialog</name>
    <message>
        <source>All together: {amount}</source>
        <translation>合计：{amount}</translation>
    </message>
    <message>
        <source>At most {rate}/s</source>
        <translation>最高 {rate}/s</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Cancel the download</source>
        <translation>取消下载</translation>
    </message>
    <message>
        <source>Cancel {name}?</source>
        <translation>取消 {name}？</translation>
    </message>
    <message>
        <source>Clear finished</source>
        <translation>清除已完成项</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation>查找模型…</translation>
    </message>
    <message>
        <source>How it was made</source>
        <translation>制作详情</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>No downloads</source>
        <translation>没有下载</translation>
    </message>
    <message>
        <source>No speed limit</source>
        <translation>不限速</translation>
    </message>
    <message>
        <source>Speed limit</source>
        <translation>限速</translation>
    </message>
    <message>
        <source>What you download is listed here, and goes on while this window is closed.</source>
        <translation>下载的内容会列在这里；关闭此窗口后下载仍会继续。</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} / {total}</translation>
    </message>
    <message>
        <source>{rate}/s</source>
        <translation>{rate}/s</translation>
    </message>
    <message>
        <source>{size} that have arrived are deleted. Pause keeps them.</source>
        <translation>已下载的 {size} 将被删除。选择“暂停”可保留。</translation>
    </message>
</context>
<context>
    <name>DownloadsEntry</name>
    <message>
        <source>Downloads</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Downloads · done</source>
        <translation>下载 · 完成</translation>
    </message>
    <message>
        <source>Downloads · one failed</source>
        <translation>下载 · 一项失败</translation>
    </message>
    <message>
        <source>Downloads · paused</source>
        <translation>下载 · 已暂停</translation>
    </message>
    <message>
        <source>Downloads · {percent} %</source>
        <translation>下载 · {percent}%</translation>
    </message>
    <message>
        <source>Preparing · {percent} %</source>
        <translation>准备中 · {percent}%</translation>
    </message>
</context>
<context>
    <name>DropHint</name>
    <message>
        <source>Attach to your next message</source>
        <translation>附加到您的下一条消息</translation>
    </message>
    <message>
        <source>Import the model in this folder</source>
        <translation>导入此文件夹中的模型</translation>
    </message>
    <message>
        <source>Open as a model</source>
        <translation>作为模型打开</translation>
    </message>
    <message>
        <source>{count} files</source>
        <translation>{count} 个文件</translation>
    </message>
</context>
<context>
    <name>EngineStatus</name>
    <message>
        <source>Choose a model to begin</source>
        <translation>选择一个模型以开始</translation>
    </message>
    <message>
        <source>Message Parley</source>
        <translation>给 Parley 发消息</translation>
    </message>
    <message>
        <source>{memory} on {device}</source>
        <translation>{memory}，位于 {device}</translation>
    </message>
    <message>
        <source>{memory}, all {layers} layers on {device}</source>
        <translation>{memory}，全部 {layers} 层位于 {device}</translation>
    </message>
    <message>
        <source>{memory}, {part} of {layers} layers on {device}</source>
        <translation>{memory}，{layers} 层中有 {part} 层位于 {device}</translation>
    </message>
</context>
<context>
    <name>Errand</name>
    <message>
        <source>At {count} places something could not be read.</source>
        <translation>有 {count} 处内容无法读取。</translation>
    </message>
    <message>
        <source>Moving your data</source>
        <translation>正在移动您的数据</translation>
    </message>
    <message>
        <source>Restoring your chats</source>
        <translation>正在恢复您的对话</translation>
    </message>
    <message>
        <source>Saved: {chats} chats, {messages} messages.</source>
        <translation>已挽救：{chats} 个对话，{messages} 条消息。</translation>
    </message>
    <message>
        <source>Saving what can be read</source>
        <translation>正在抢救可读取的内容</translation>
    </message>
    <message>
        <source>The damaged database is kept as {file}.</source>
        <translation>损坏的数据库保留为 {file}。</translation>
    </message>
    <message>
        <source>Your data is at its new place. These files could not be removed from the old one:
{files}</source>
        <translation>数据已移到新位置。以下文件无法从旧位置删除：
{files}</translation>
    </message>
</context>
<context>
    <name>ErrandDialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Open Parley</source>
        <translation>打开 Parley</translation>
    </message>
    <message>
        <source>Parley opens again when it is done.</source>
        <translation>完成后 Parley 会重新打开。</translation>
    </message>
</context>
<context>
    <name>Errors</name>
    <message>
        <source>A background process answered in a way Parley does not understand.</source>
        <translation>后台进程的应答 Parley 无法理解。</translation>
    </message>
    <message>
        <source>A message belongs to one chat, but several were named.</source>
        <translation>一条消息只属于一个对话，但指定了多个。</translation>
    </message>
    <message>
        <source>A token begins with hf_; copy it whole from your account&apos;s settings.</source>
        <translation>令牌以 hf_ 开头；请从账户设置中完整复制。</translation>
    </message>
    <message>
        <source>Accept its terms at {address}, then enter a token from your account&apos;s settings.</source>
        <translation>请在 {address} 接受其条款，然后输入账户设置中的访问令牌。</translation>
    </message>
    <message>
        <source>Accept its terms or ask for access at {address}; once it is granted, try again.</source>
        <translation>请在 {address} 接受其条款或申请访问；获准后再试。</translation>
    </message>
    <message>
        <source>Add it, or choose one of those there are.</source>
        <translation>请添加它，或选择已有的一个。</translation>
    </message>
    <message>
        <source>Ask for a new reply instead.</source>
        <translation>请改为请求一条新回复。</translation>
    </message>
    <message>
        <source>Ask it for its models again, and check that its address ends as it should, usually with /v1.</source>
        <translation>请再次查询其模型，并检查地址结尾是否正确，通常为 /v1。</translation>
    </message>
    <message>
        <source>Ask who runs the server, or choose another of its models.</source>
        <translation>请询问服务器的管理者，或选择它的另一个模型。</translation>
    </message>
    <message>
        <source>Attach one of them alone to see why.</source>
        <translation>单独附加其中一个即可查看原因。</translation>
    </message>
    <message>
        <source>Attach only the part that matters.</source>
        <translation>请只附加重要的部分。</translation>
    </message>
    <message>
        <source>Bring the old file back, or run it with the file there is now, as with another model.</source>
        <translation>请找回旧文件，或像换模型一样用现有文件运行。</translation>
    </message>
    <message>
        <source>Change what it names, such as a sampling option or the length of the chat.</source>
        <translation>请更改其中提到的内容，例如采样选项或对话长度。</translation>
    </message>
    <message>
        <source>Check its name; if it is private, enter a token of an account that may read it.</source>
        <translation>请检查名称；若为私有，请输入有读取权限的账户的令牌。</translation>
    </message>
    <message>
        <source>Check its rules: it needs one called “root”.</source>
        <translation>请检查其规则：需要一条名为“root”的规则。</translation>
    </message>
    <message>
        <source>Check that it is there and that you may read it, then try again.</source>
        <translation>请检查它是否存在、您是否有权读取，然后重试。</translation>
    </message>
    <message>
        <source>Check that it runs and that its address is right, then try again.</source>
        <translation>请检查它是否在运行、地址是否正确，然后重试。</translation>
    </message>
    <message>
        <source>Check that its address is that of an OpenAI-compatible API, usually ending with /v1.</source>
        <translation>请检查地址是否为兼容 OpenAI 的 API，通常以 /v1 结尾。</translation>
    </message>
    <message>
        <source>Check that its disk is connected and that you may read it, then try again.</source>
        <translation>请检查磁盘是否已连接、您是否有权读取，然后重试。</translation>
    </message>
    <message>
        <source>Check that rpc-server runs there and for nobody else, and that its address is right, then load again.</source>
        <translation>请检查那里是否运行着 rpc-server、没有被其他程序占用、地址是否正确，然后重新加载。</translation>
    </message>
    <message>
        <source>Check the address and its port, and that rpc-server is of the llama.cpp that “parley doctor” names.</source>
        <translation>请检查地址和端口，以及 rpc-server 是否属于“parley doctor”所示的 llama.cpp 版本。</translation>
    </message>
    <message>
        <source>Check the file&apos;s permissions, or choose another file.</source>
        <translation>请检查文件权限，或选择其他文件。</translation>
    </message>
    <message>
        <source>Check the folder&apos;s permissions, or choose another folder.</source>
        <translation>请检查文件夹权限，或选择其他文件夹。</translation>
    </message>
    <message>
        <source>Check the folder&apos;s permissions, or set PARLEY_HOME to another folder.</source>
        <translation>请检查文件夹权限，或将 PARLEY_HOME 设为其他文件夹。</translation>
    </message>
    <message>
        <source>Check the permissions of {folder}, or set HF_TOKEN.</source>
        <translation>请检查 {folder} 的权限，或设置 HF_TOKEN。</translation>
    </message>
    <message>
        <source>Check the permissions of {folder}.</source>
        <translation>请检查 {folder} 的权限。</translation>
    </message>
    <message>
        <source>Check your connection and try again; the models on this machine work without it.</source>
        <translation>请检查网络连接后重试；本机上的模型无需网络。</translation>
    </message>
    <message>
        <source>Check your connection. What has arrived is kept, and the download goes on from there.</source>
        <translation>请检查网络连接。已下载的内容会保留，下载将从该处继续。</translation>
    </message>
    <message>
        <source>Choose a GGUF, GPTQ, AWQ or bitsandbytes variant of this model, or the unquantized one.</source>
        <translation>请选择此模型的 GGUF、GPTQ、AWQ 或 bitsandbytes 变体，或未量化的版本。</translation>
    </message>
    <message>
        <source>Choose a file that Parley exported, or compare it with one.</source>
        <translation>请选择由 Parley 导出的文件，或与之对照。</translation>
    </message>
    <message>
        <source>Choose a folder outside it.</source>
        <translation>请选择其外的文件夹。</translation>
    </message>
    <message>
        <source>Choose a folder outside {present}.</source>
        <translation>请选择 {present} 之外的文件夹。</translation>
    </message>
    <message>
        <source>Choose a folder with a config.json and its .safetensors files.</source>
        <translation>请选择含有 config.json 及其 .safetensors 文件的文件夹。</translation>
    </message>
    <message>
        <source>Choose a folder, or a file whose name ends in .zip.</source>
        <translation>请选择文件夹，或名称以 .zip 结尾的文件。</translation>
    </message>
    <message>
        <source>Choose a model file in GGUF format; its name usually ends in .gguf.</source>
        <translation>请选择 GGUF 格式的模型文件；其名称通常以 .gguf 结尾。</translation>
    </message>
    <message>
        <source>Choose a model on this machine to see how it would look.</source>
        <translation>请选择本机上的模型以查看其效果。</translation>
    </message>
    <message>
        <source>Choose a reply that a model on this machine wrote.</source>
        <translation>请选择由本机模型所写的回复。</translation>
    </message>
    <message>
        <source>Choose an empty folder, or one that does not exist yet.</source>
        <translation>请选择空文件夹，或尚不存在的文件夹。</translation>
    </message>
    <message>
        <source>Choose another file.</source>
        <translation>请选择其他文件。</translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation>请选择其他文件夹。</translation>
    </message>
    <message>
        <source>Choose another model, or update Parley.</source>
        <translation>请选择其他模型，或更新 Parley。</translation>
    </message>
    <message>
        <source>Choose another name, or say that it may be overwritten.</source>
        <translation>请选择其他名称，或允许覆盖。</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>请选择其他名称。</translation>
    </message>
    <message>
        <source>Choose another one for this model or preset: {known}.</source>
        <translation>请为此模型或预设选择其他模板：{known}。</translation>
    </message>
    <message>
        <source>Choose another one; nothing was changed.</source>
        <translation>请另选一个；未作任何更改。</translation>
    </message>
    <message>
        <source>Choose another place, or check that you may write there.</source>
        <translation>请选择其他位置，或检查您是否有写入权限。</translation>
    </message>
    <message>
        <source>Choose another template for this model, or edit this one in the load options.</source>
        <translation>请为此模型选择其他模板，或在加载选项中编辑此模板。</translation>
    </message>
    <message>
        <source>Choose another value.</source>
        <translation>请选择其他值。</translation>
    </message>
    <message>
        <source>Choose other keys, or give that one another shortcut first.</source>
        <translation>请选择其他按键，或先为另一项更换快捷键。</translation>
    </message>
    <message>
        <source>Close other programs, choose a shorter context, or choose a smaller variant.</source>
        <translation>请关闭其他程序，缩短上下文，或选择较小的变体。</translation>
    </message>
    <message>
        <source>Close the other program and try again.</source>
        <translation>请关闭另一个程序，然后重试。</translation>
    </message>
    <message>
        <source>Connect its disk and try again. To begin anew in the usual folder, delete {pointer}.</source>
        <translation>请连接其磁盘后重试。若要在默认文件夹中重新开始，请删除 {pointer}。</translation>
    </message>
    <message>
        <source>Chat {id} is being answered elsewhere at this moment.</source>
        <translation>对话 {id} 此刻正在别处回复。</translation>
    </message>
    <message>
        <source>Copy it whole from where the server gave it to you.</source>
        <translation>请从服务器给出的位置完整复制。</translation>
    </message>
    <message>
        <source>Correct it and load the model again.</source>
        <translation>请更正后重新加载模型。</translation>
    </message>
    <message>
        <source>Correct it and try again.</source>
        <translation>请更正后重试。</translation>
    </message>
    <message>
        <source>Correct the file, or move it away to begin a new list.</source>
        <translation>请更正该文件，或将其移走以新建列表。</translation>
    </message>
    <message>
        <source>Delete it with your file manager.</source>
        <translation>请用文件管理器删除。</translation>
    </message>
    <message>
        <source>Do not use this repo.</source>
        <translation>请勿使用此仓库。</translation>
    </message>
    <message>
        <source>Download config.json and quantize_config.json again; those here may belong to another branch.</source>
        <translation>请重新下载 config.json 和 quantize_config.json；现有的可能属于另一分支。</translation>
    </message>
    <message>
        <source>Download it again, or choose another file.</source>
        <translation>请重新下载，或选择其他文件。</translation>
    </message>
    <message>
        <source>Download it again, or look for another repo of this model.</source>
        <translation>请重新下载，或查找此模型的其他仓库。</translation>
    </message>
    <message>
        <source>Download it again, or unpack it and import its folder.</source>
        <translation>请重新下载，或解压后导入其文件夹。</translation>
    </message>
    <message>
        <source>Download the file to use it; its memory need can only be estimated.</source>
        <translation>下载该文件后即可使用；其内存需求只能估计。</translation>
    </message>
    <message>
        <source>Download the missing files, then try again.</source>
        <translation>请下载缺少的文件，然后重试。</translation>
    </message>
    <message>
        <source>Download the model again from its page; that fetches the whole file.</source>
        <translation>请从其页面重新下载模型；这会获取整个文件。</translation>
    </message>
    <message>
        <source>Download the model again; its files seem to be of different versions.</source>
        <translation>请重新下载模型；其文件似乎来自不同版本。</translation>
    </message>
    <message>
        <source>Enter the key that belongs to this server.</source>
        <translation>请输入属于此服务器的密钥。</translation>
    </message>
    <message>
        <source>Free some space or choose another folder. What has arrived is kept.</source>
        <translation>请腾出空间或选择其他文件夹。已下载的内容会保留。</translation>
    </message>
    <message>
        <source>Free some space there or check the folder&apos;s permissions, then try again.</source>
        <translation>请在该处腾出空间或检查文件夹的权限，然后重试。</translation>
    </message>
    <message>
        <source>Free some space, or choose another disk.</source>
        <translation>请腾出空间，或选择其他磁盘。</translation>
    </message>
    <message>
        <source>Free some space, then go on; everything that arrived is kept.</source>
        <translation>请腾出空间后继续；已下载的内容都会保留。</translation>
    </message>
    <message>
        <source>Free some space; Parley keeps what it has and goes on when there is room.</source>
        <translation>请腾出空间；Parley 会保留现有内容，有空间后继续。</translation>
    </message>
    <message>
        <source>Get it where you got Parley.</source>
        <translation>请到您获取 Parley 的地方获取。</translation>
    </message>
    <message>
        <source>Give it, on the command line as --var NAME=VALUE.</source>
        <translation>请在命令行中以 --var NAME=VALUE 给出。</translation>
    </message>
    <message>
        <source>Begin a chat first.</source>
        <translation>请先开始一个对话。</translation>
    </message>
    <message>
        <source>If that is right, enter it as the server&apos;s address.</source>
        <translation>若确实如此，请将其填为服务器地址。</translation>
    </message>
    <message>
        <source>If the server is yours, name the file of its certificate authority in the server&apos;s entry.</source>
        <translation>若服务器是您的，请在其条目中填写证书颁发机构的文件。</translation>
    </message>
    <message>
        <source>If you trust it, unpack it and import its folder.</source>
        <translation>若您信任它，请解压后导入其文件夹。</translation>
    </message>
    <message>
        <source>If your network has an authority of its own, name its file in Settings → Downloads and network.</source>
        <translation>若您的网络有自己的证书颁发机构，请在“设置 → 下载与网络”中填写其文件。</translation>
    </message>
    <message>
        <source>It is kept as it is. Move it away to start anew, or put a copy of yours in its place.</source>
        <translation>它会原样保留。可将其移走重新开始，或放入您的副本。</translation>
    </message>
    <message>
        <source>It is kept as it is. Restore a backup instead.</source>
        <translation>它会原样保留。请改为恢复备份。</translation>
    </message>
    <message>
        <source>It is not an export of chats, or it was damaged.</source>
        <translation>它不是对话的导出文件，或已损坏。</translation>
    </message>
    <message>
        <source>It is shown as it was written.</source>
        <translation>将按原文显示。</translation>
    </message>
    <message>
        <source>It may be loading a model or be busy. Try again, or allow it more time in the server&apos;s entry.</source>
        <translation>它可能正在加载模型或忙碌。请重试，或在其条目中给予更多时间。</translation>
    </message>
    <message>
        <source>It may have been deleted meanwhile; open the chat again.</source>
        <translation>它可能已被删除；请重新打开对话。</translation>
    </message>
    <message>
        <source>It may have expired: create a new one in your account&apos;s settings and enter it.</source>
        <translation>它可能已过期：请在账户设置中新建一个并输入。</translation>
    </message>
    <message>
        <source>It reads its own JSON, the exports of ChatGPT, Claude and Open WebUI, and the chats of LM Studio, Jan and GPT4All.</source>
        <translation>它可读取自己的 JSON，ChatGPT、Claude 和 Open WebUI 的导出，以及 LM Studio、Jan 和 GPT4All 的对话。</translation>
    </message>
    <message>
        <source>It was deleted. It may have been changed on its way: try again later, or on another network.</source>
        <translation>文件已删除。它可能在传输途中被改动：请稍后或换一个网络重试。</translation>
    </message>
    <message>
        <source>It was not put in place; what has arrived is kept. Try again later or on another network.</source>
        <translation>文件未放入目标位置；已下载的内容会保留。请稍后或换一个网络再试。</translation>
    </message>
    <message>
        <source>It was not used. It may have been changed on its way: try again later, or on another network.</source>
        <translation>列表未被采用。它可能在传输途中被改动：请稍后或换一个网络重试。</translation>
    </message>
    <message>
        <source>Leave the branch out to see all that there are.</source>
        <translation>省略分支即可查看全部分支。</translation>
    </message>
    <message>
        <source>Leave the type out, or choose one of {known} for an unquantized model.</source>
        <translation>请省略类型，或为未量化的模型选择 {known} 之一。</translation>
    </message>
    <message>
        <source>Load the model without other machines, or use a build that has it.</source>
        <translation>请不使用其他计算机来加载模型，或使用带有 RPC 的构建。</translation>
    </message>
    <message>
        <source>Look at the details; the file may be damaged, or too new for this version of Parley.</source>
        <translation>请查看详细信息；文件可能已损坏，或对此版本的 Parley 来说太新。</translation>
    </message>
    <message>
        <source>Look at the repo&apos;s page for what it holds now. What has arrived is kept.</source>
        <translation>请在仓库页面查看其现有内容。已下载的内容会保留。</translation>
    </message>
    <message>
        <source>Look at the server&apos;s log, or try again later.</source>
        <translation>请查看服务器日志，或稍后再试。</translation>
    </message>
    <message>
        <source>Look for a GGUF variant of this model.</source>
        <translation>请查找此模型的 GGUF 变体。</translation>
    </message>
    <message>
        <source>Look for a variant of this model in safetensors or GGUF.</source>
        <translation>请查找此模型的 safetensors 或 GGUF 变体。</translation>
    </message>
    <message>
        <source>Look for the file anew on the Hub; what has arrived is kept.</source>
        <translation>请在 Hub 上重新查找该文件；已下载的内容会保留。</translation>
    </message>
    <message>
        <source>Look into probe.log in the folder for logs; installing Parley anew may help.</source>
        <translation>请查看日志文件夹中的 probe.log；重新安装 Parley 可能有帮助。</translation>
    </message>
    <message>
        <source>Make room on the disk; otherwise an unfinished preparation is forgotten when the window closes.</source>
        <translation>请在磁盘上腾出空间；否则关闭窗口时会丢失未完成的准备工作。</translation>
    </message>
    <message>
        <source>Models quantized by {method} cannot be repacked.</source>
        <translation>以 {method} 量化的模型无法重新打包。</translation>
    </message>
    <message>
        <source>Move it away, or choose another folder.</source>
        <translation>请将其移走，或选择其他文件夹。</translation>
    </message>
    <message>
        <source>Move the program&apos;s whole folder instead.</source>
        <translation>请改为移动程序的整个文件夹。</translation>
    </message>
    <message>
        <source>Name a GGUF file with --model FILE, or add one with “parley models add FILE”.</source>
        <translation>请用 --model FILE 指定 GGUF 文件，或用“parley models add FILE”添加。</translation>
    </message>
    <message>
        <source>Name a file in PEM format.</source>
        <translation>请指定 PEM 格式的文件。</translation>
    </message>
    <message>
        <source>Name it by its number; see “parley chats folders list”.</source>
        <translation>请用编号指定；参见“parley chats folders list”。</translation>
    </message>
    <message>
        <source>Name one of your own templates.</source>
        <translation>请指定您自己的模板。</translation>
    </message>
    <message>
        <source>Name one with --model ID; “parley servers models” lists them.</source>
        <translation>请用 --model ID 指定；“parley servers models”可列出它们。</translation>
    </message>
    <message>
        <source>Name the one it is in.</source>
        <translation>请指定它所在的对话。</translation>
    </message>
    <message>
        <source>No chat that Parley can read is in {file}.</source>
        <translation>{file} 中没有 Parley 能读取的对话。</translation>
    </message>
    <message>
        <source>No model is chosen yet.</source>
        <translation>尚未选择模型。</translation>
    </message>
    <message>
        <source>Nothing can be written to {folder}: {reason}.</source>
        <translation>无法写入 {folder}：{reason}。</translation>
    </message>
    <message>
        <source>Nothing in {file} can be read any more.</source>
        <translation>{file} 中已没有可读取的内容。</translation>
    </message>
    <message>
        <source>Nothing is half done: start it again, and it goes on with what is missing.</source>
        <translation>没有半途而废的内容：再次启动即可继续完成余下部分。</translation>
    </message>
    <message>
        <source>Nothing was changed. Check the disk you copy to, or choose another.</source>
        <translation>未作任何更改。请检查目标磁盘，或另选一个。</translation>
    </message>
    <message>
        <source>Nothing was changed. Delete that file to restore the chats without them, or choose another backup.</source>
        <translation>未作任何更改。删除该文件即可只恢复对话而不恢复模板，或选择其他备份。</translation>
    </message>
    <message>
        <source>Nothing was changed. Somebody may want you to go back to an old version; try again on another network.</source>
        <translation>没有任何改动。可能有人想让您退回旧版本；请换一个网络重试。</translation>
    </message>
    <message>
        <source>Nothing was made of it, since a model with a made-up weight would talk nonsense. Download it again.</source>
        <translation>未生成任何内容，因为带有虚构权重的模型会胡言乱语。请重新下载。</translation>
    </message>
    <message>
        <source>Nothing was made of it. Download it again, or look for another repo of this model.</source>
        <translation>未生成任何内容。请重新下载，或查找此模型的其他仓库。</translation>
    </message>
    <message>
        <source>Nothing was made of it. Download the model again, or look for another repo of it.</source>
        <translation>未生成任何内容。请重新下载模型，或查找它的其他仓库。</translation>
    </message>
    <message>
        <source>Nothing was made of it. It may be of a newer form than this version of Parley knows.</source>
        <translation>未生成任何内容。它的形式可能比此版本的 Parley 所知的更新。</translation>
    </message>
    <message>
        <source>Nothing was made of it. Try again; if it happens again, please report it.</source>
        <translation>未生成任何内容。请重试；如果再次发生，请报告。</translation>
    </message>
    <message>
        <source>Only a reply that has begun can be continued.</source>
        <translation>只有已开始的回复才能续写。</translation>
    </message>
    <message>
        <source>Open a GGUF file first.</source>
        <translation>请先打开一个 GGUF 文件。</translation>
    </message>
    <message>
        <source>Open it in the program it comes from and save it again.</source>
        <translation>请在其来源程序中打开并重新保存。</translation>
    </message>
    <message>
        <source>Open its file again, then run the reply once more.</source>
        <translation>请重新打开其文件，然后再次生成回复。</translation>
    </message>
    <message>
        <source>Parley cannot write to {folder}.</source>
        <translation>Parley 无法写入 {folder}。</translation>
    </message>
    <message>
        <source>Parley does not know where {file} came from, so it cannot mend it.</source>
        <translation>Parley 不知道 {file} 的来源，因此无法修复。</translation>
    </message>
    <message>
        <source>Parley keeps its data beside the program, in {folder}.</source>
        <translation>Parley 将数据保存在程序旁边的 {folder} 中。</translation>
    </message>
    <message>
        <source>Put it back, or choose the file where it is now.</source>
        <translation>请将其放回原处，或选择文件现在的位置。</translation>
    </message>
    <message>
        <source>Remove or move it there; Parley only reads it.</source>
        <translation>请在那里移除或移动；Parley 只读取它。</translation>
    </message>
    <message>
        <source>Restart Parley; if you have just updated it, this is enough.</source>
        <translation>请重新启动 Parley；如果刚刚更新过，这样即可。</translation>
    </message>
    <message>
        <source>Run it through text recognition (OCR) first, and attach what comes out.</source>
        <translation>请先进行文字识别 (OCR)，再附加识别结果。</translation>
    </message>
    <message>
        <source>Run it with another model instead, and choose the same one.</source>
        <translation>请改用“换一个模型回复”，并选择同一模型。</translation>
    </message>
    <message>
        <source>Run there the rpc-server of the llama.cpp that “parley doctor” names.</source>
        <translation>请在那里运行“parley doctor”所示 llama.cpp 版本的 rpc-server。</translation>
    </message>
    <message>
        <source>Save a copy without the password and attach that.</source>
        <translation>请另存一份无密码的副本并附加。</translation>
    </message>
    <message>
        <source>Save it anew, or attach a part of it as text.</source>
        <translation>请重新保存，或将其一部分作为文本附加。</translation>
    </message>
    <message>
        <source>See /help, or begin with two slashes to send it as a message.</source>
        <translation>参见 /help；若要作为消息发送，请以两个斜杠开头。</translation>
    </message>
    <message>
        <source>See /help.</source>
        <translation>参见 /help。</translation>
    </message>
    <message>
        <source>See “parley backups list” for those there are.</source>
        <translation>“parley backups list”可列出现有的。</translation>
    </message>
    <message>
        <source>See “parley chats folders list” for those there are.</source>
        <translation>“parley chats folders list”可列出现有的。</translation>
    </message>
    <message>
        <source>See “parley chats list” for those there are.</source>
        <translation>“parley chats list”可列出现有的。</translation>
    </message>
    <message>
        <source>See “parley chats trash” for what there is; it is kept for 30 days.</source>
        <translation>“parley chats trash”可列出其中内容；保留 30 天。</translation>
    </message>
    <message>
        <source>See “parley models folders list” for those you have named.</source>
        <translation>“parley models folders list”可列出您指定的文件夹。</translation>
    </message>
    <message>
        <source>See “parley models list” for what there is.</source>
        <translation>“parley models list”可列出现有的。</translation>
    </message>
    <message>
        <source>See “parley models variants {repo}” for what it has.</source>
        <translation>“parley models variants {repo}”可列出其内容。</translation>
    </message>
    <message>
        <source>See “parley presets list” for those there are.</source>
        <translation>“parley presets list”可列出现有的。</translation>
    </message>
    <message>
        <source>Send it in parts, or only the part that matters.</source>
        <translation>请分段发送，或只发送重要部分。</translation>
    </message>
    <message>
        <source>Send only its beginning, load the model with a longer context, or leave something out.</source>
        <translation>请只发送开头，以更长的上下文加载模型，或删去部分内容。</translation>
    </message>
    <message>
        <source>Set an HTTP proxy in the system&apos;s settings, or none.</source>
        <translation>请在系统设置中设置 HTTP 代理，或不设代理。</translation>
    </message>
    <message>
        <source>Shorten the message, or load the model with a longer context.</source>
        <translation>请缩短消息，或以更长的上下文加载模型。</translation>
    </message>
    <message>
        <source>Something went wrong inside Parley.</source>
        <translation>Parley 内部出了问题。</translation>
    </message>
    <message>
        <source>Start Parley again; it knows the new place.</source>
        <translation>请重新启动 Parley；它已知道新位置。</translation>
    </message>
    <message>
        <source>Switch it on in the settings, or choose a model on this machine.</source>
        <translation>请在设置中开启网络，或选择本机上的模型。</translation>
    </message>
    <message>
        <source>Switch it on in the settings, or load the model on this machine alone.</source>
        <translation>请在设置中打开网络，或只在本机加载模型。</translation>
    </message>
    <message>
        <source>Switch it on there; the models on this machine work without it.</source>
        <translation>请在那里打开；本机上的模型无需网络即可使用。</translation>
    </message>
    <message>
        <source>Text, code, Markdown, CSV, PDF and DOCX can be attached; save it as one of these.</source>
        <translation>可附加文本、代码、Markdown、CSV、PDF 和 DOCX；请另存为其中之一。</translation>
    </message>
    <message>
        <source>The Hub announced {announced} for {file}, but has {real}.</source>
        <translation>Hub 声明 {file} 为 {announced}，实际为 {real}。</translation>
    </message>
    <message>
        <source>The PDF could not be made: {reason}.</source>
        <translation>无法生成 PDF：{reason}。</translation>
    </message>
    <message>
        <source>The architecture {architecture} cannot be repacked; Parley knows {known}.</source>
        <translation>架构 {architecture} 无法重新打包；Parley 支持 {known}。</translation>
    </message>
    <message>
        <source>The archive {file} cannot be read: {reason}.</source>
        <translation>无法读取压缩包 {file}：{reason}。</translation>
    </message>
    <message>
        <source>The backup {file} is damaged, or is not one of Parley.</source>
        <translation>备份 {file} 已损坏，或不是 Parley 的备份。</translation>
    </message>
    <message>
        <source>The backup {file} was made by a newer version of Parley.</source>
        <translation>备份 {file} 由较新版本的 Parley 创建。</translation>
    </message>
    <message>
        <source>The chat template “{name}” has changed since this reply was written.</source>
        <translation>此回复写成之后，对话模板“{name}”已被更改。</translation>
    </message>
    <message>
        <source>The chat template “{template}” cannot render this chat: {reason}.</source>
        <translation>对话模板“{template}”无法渲染此对话：{reason}。</translation>
    </message>
    <message>
        <source>The checkpoint holds {tensor}, for which this architecture has no place ({count} of this kind).</source>
        <translation>检查点含有 {tensor}，此架构中没有它的位置（此类共 {count} 个）。</translation>
    </message>
    <message>
        <source>The checkpoint lacks {tensor}.</source>
        <translation>检查点缺少 {tensor}。</translation>
    </message>
    <message>
        <source>The command is used as: {usage}.</source>
        <translation>命令用法：{usage}。</translation>
    </message>
    <message>
        <source>The chat itself is kept; see “parley chats list”.</source>
        <translation>对话本身会保留；参见“parley chats list”。</translation>
    </message>
    <message>
        <source>The database {file} cannot be opened or read.</source>
        <translation>无法打开或读取数据库 {file}。</translation>
    </message>
    <message>
        <source>The database {file} is damaged.</source>
        <translation>数据库 {file} 已损坏。</translation>
    </message>
    <message>
        <source>The disk that holds {folder} is full.</source>
        <translation>{folder} 所在的磁盘已满。</translation>
    </message>
    <message>
        <source>The disk that holds {folder} is nearly full, so the download has paused.</source>
        <translation>{folder} 所在的磁盘即将用满，下载已暂停。</translation>
    </message>
    <message>
        <source>The download stopped: {reason}.</source>
        <translation>下载已停止：{reason}。</translation>
    </message>
    <message>
        <source>The engine stopped while it used {hosts}: most likely a machine that holds a part of the model was lost.</source>
        <translation>引擎在使用 {hosts} 时停止了：很可能与一台存有部分模型的计算机失去了连接。</translation>
    </message>
    <message>
        <source>The engine stopped: {reason}.</source>
        <translation>引擎已停止：{reason}。</translation>
    </message>
    <message>
        <source>The folder “{name}” cannot be moved into itself.</source>
        <translation>文件夹“{name}”不能移入自身。</translation>
    </message>
    <message>
        <source>The grammar cannot be parsed.</source>
        <translation>无法解析语法。</translation>
    </message>
    <message>
        <source>The header of {file} is longer than {limit}.</source>
        <translation>{file} 的文件头超过 {limit}。</translation>
    </message>
    <message>
        <source>The key cannot be kept: {reason}.</source>
        <translation>无法保存密钥：{reason}。</translation>
    </message>
    <message>
        <source>The list of preparations could not be saved: {reason}.</source>
        <translation>无法保存准备工作列表：{reason}。</translation>
    </message>
    <message>
        <source>The list of servers in {file} cannot be read: {reason}.</source>
        <translation>无法读取 {file} 中的服务器列表：{reason}。</translation>
    </message>
    <message>
        <source>The list of versions from {host} cannot be used: {reason}.</source>
        <translation>来自 {host} 的版本列表无法使用：{reason}。</translation>
    </message>
    <message>
        <source>The list of versions from {host} does not bear the signature of Parley&apos;s makers.</source>
        <translation>来自 {host} 的版本列表没有 Parley 制作者的签名。</translation>
    </message>
    <message>
        <source>The machine {host}, which holds a part of the model, no longer answers.</source>
        <translation>存放部分模型的计算机 {host} 不再响应。</translation>
    </message>
    <message>
        <source>The machine {host}, which is to hold a part of the model, cannot be reached: {reason}.</source>
        <translation>无法连接要存放部分模型的计算机 {host}：{reason}。</translation>
    </message>
    <message>
        <source>The message has {characters} characters, but Parley takes at most {limit}.</source>
        <translation>消息有 {characters} 个字符，Parley 最多接受 {limit} 个。</translation>
    </message>
    <message>
        <source>The message is empty.</source>
        <translation>消息为空。</translation>
    </message>
    <message>
        <source>The model is ready, but its original {file} could not be removed: {reason}.</source>
        <translation>模型已就绪，但无法移除其原始文件 {file}：{reason}。</translation>
    </message>
    <message>
        <source>The model is still busy with another reply.</source>
        <translation>模型仍在写另一条回复。</translation>
    </message>
    <message>
        <source>The model stopped with an error while {activity}.</source>
        <translation>模型因错误而停止：{activity}。</translation>
    </message>
    <message>
        <source>The network is switched off for Parley, and a part of the model is to lie on {host}.</source>
        <translation>Parley 的网络已关闭，而模型的一部分要放在 {host} 上。</translation>
    </message>
    <message>
        <source>The network is switched off for Parley, and “{server}” is on another machine.</source>
        <translation>已为 Parley 关闭网络，而“{server}”在另一台机器上。</translation>
    </message>
    <message>
        <source>The network is switched off for Parley, by “Work offline” in the settings or by HF_HUB_OFFLINE.</source>
        <translation>Parley 的网络已关闭：由设置中的“离线工作”或 HF_HUB_OFFLINE 关闭。</translation>
    </message>
    <message>
        <source>The new version cannot be kept in {folder}: {reason}.</source>
        <translation>新版本无法保存到 {folder}：{reason}。</translation>
    </message>
    <message>
        <source>The original is where it was; check the disk before you try again.</source>
        <translation>原件仍在原处；重试前请检查磁盘。</translation>
    </message>
    <message>
        <source>The others are not affected.</source>
        <translation>其余不受影响。</translation>
    </message>
    <message>
        <source>The output cannot be written: {reason}.</source>
        <translation>无法写出结果：{reason}。</translation>
    </message>
    <message>
        <source>The preparation of the model stopped: {reason}.</source>
        <translation>模型的准备工作已停止：{reason}。</translation>
    </message>
    <message>
        <source>The preset “{name}” needs a value for {variables}.</source>
        <translation>预设“{name}”需要 {variables} 的值。</translation>
    </message>
    <message>
        <source>The proxy {proxy} cannot be used.</source>
        <translation>无法使用代理 {proxy}。</translation>
    </message>
    <message>
        <source>The repo has a file named “{file}”, which points outside its folder.</source>
        <translation>仓库中有名为“{file}”的文件，指向其文件夹之外。</translation>
    </message>
    <message>
        <source>The result was thrown away, since {tensor} in it differs from the checkpoint: {reason}.</source>
        <translation>结果已丢弃，因为其中的 {tensor} 与检查点不符：{reason}。</translation>
    </message>
    <message>
        <source>The rpc-server at {host} speaks version {theirs} of its protocol, this Parley {ours}.</source>
        <translation>{host} 上的 rpc-server 使用协议版本 {theirs}，而此 Parley 使用 {ours}。</translation>
    </message>
    <message>
        <source>The search for a newer version stopped: {reason}.</source>
        <translation>查找新版本已中断：{reason}。</translation>
    </message>
    <message>
        <source>The search stopped: {reason}.</source>
        <translation>搜索已停止：{reason}。</translation>
    </message>
    <message>
        <source>The settings file was damaged; Parley uses its defaults.</source>
        <translation>设置文件已损坏；Parley 使用默认值。</translation>
    </message>
    <message>
        <source>The token cannot be kept: {reason}.</source>
        <translation>无法保存令牌：{reason}。</translation>
    </message>
    <message>
        <source>The tokenizer of this model cannot be carried over: {reason}.</source>
        <translation>无法转换此模型的分词器：{reason}。</translation>
    </message>
    <message>
        <source>The type {type} cannot be made of this checkpoint: {reason}.</source>
        <translation>无法由此检查点生成类型 {type}：{reason}。</translation>
    </message>
    <message>
        <source>The work stopped: {reason}.</source>
        <translation>工作已停止：{reason}。</translation>
    </message>
    <message>
        <source>There are several folders called “{name}”.</source>
        <translation>有多个名为“{name}”的文件夹。</translation>
    </message>
    <message>
        <source>There is a preset “{name}” already.</source>
        <translation>已有名为“{name}”的预设。</translation>
    </message>
    <message>
        <source>There is a server called “{name}” already.</source>
        <translation>已有名为“{name}”的服务器。</translation>
    </message>
    <message>
        <source>There is no backup {name}.</source>
        <translation>没有备份 {name}。</translation>
    </message>
    <message>
        <source>There is no chat template “{name}”.</source>
        <translation>没有名为“{name}”的对话模板。</translation>
    </message>
    <message>
        <source>There is no command {command}.</source>
        <translation>没有命令 {command}。</translation>
    </message>
    <message>
        <source>There is no chat {id}.</source>
        <translation>没有对话 {id}。</translation>
    </message>
    <message>
        <source>There is no folder called “{name}”.</source>
        <translation>没有名为“{name}”的文件夹。</translation>
    </message>
    <message>
        <source>There is no folder {id}.</source>
        <translation>没有文件夹 {id}。</translation>
    </message>
    <message>
        <source>There is no message to answer again.</source>
        <translation>没有可重新回复的消息。</translation>
    </message>
    <message>
        <source>There is no message {id} in this chat.</source>
        <translation>此对话中没有消息 {id}。</translation>
    </message>
    <message>
        <source>There is no preset “{name}”.</source>
        <translation>没有预设“{name}”。</translation>
    </message>
    <message>
        <source>There is no repo {repo} on the Hub.</source>
        <translation>Hub 上没有仓库 {repo}。</translation>
    </message>
    <message>
        <source>There is no server called “{name}”.</source>
        <translation>没有名为“{name}”的服务器。</translation>
    </message>
    <message>
        <source>There is no {id} in the trash.</source>
        <translation>回收站中没有 {id}。</translation>
    </message>
    <message>
        <source>There is not enough room in {folder}: {need} are needed, {free} are free.</source>
        <translation>{folder} 空间不足：需要 {need}，可用 {free}。</translation>
    </message>
    <message>
        <source>There is nothing to back up yet.</source>
        <translation>还没有可备份的内容。</translation>
    </message>
    <message>
        <source>These could not be attached: {files}.</source>
        <translation>以下文件无法附加：{files}。</translation>
    </message>
    <message>
        <source>They can be read, but not changed. Update Parley to go on writing.</source>
        <translation>可以阅读，但不能更改。请更新 Parley 以继续书写。</translation>
    </message>
    <message>
        <source>This build of Parley cannot spread a model over several machines: its llama.cpp has no RPC.</source>
        <translation>此 Parley 构建无法把模型分布到多台计算机：其 llama.cpp 没有 RPC。</translation>
    </message>
    <message>
        <source>This chat could not be read: {reason}.</source>
        <translation>无法读取此对话：{reason}。</translation>
    </message>
    <message>
        <source>This formula cannot be drawn.</source>
        <translation>无法绘制此公式。</translation>
    </message>
    <message>
        <source>This is not a key: {reason}.</source>
        <translation>这不是密钥：{reason}。</translation>
    </message>
    <message>
        <source>This is not a token: {reason}.</source>
        <translation>这不是访问令牌：{reason}。</translation>
    </message>
    <message>
        <source>This message cannot be run again exactly: no model on this machine wrote it.</source>
        <translation>此消息无法原样重新生成：它不是由本机模型所写。</translation>
    </message>
    <message>
        <source>This message comes to {tokens} tokens, but the model reads at most {limit} at once.</source>
        <translation>此消息共 {tokens} token，但模型一次最多读取 {limit}。</translation>
    </message>
    <message>
        <source>This message needs at least {tokens} tokens, but the model reads at most {limit} at once.</source>
        <translation>此消息至少需要 {tokens} token，但模型一次最多读取 {limit}。</translation>
    </message>
    <message>
        <source>This model scales its positions by “{kind}”, which cannot be carried over.</source>
        <translation>此模型按“{kind}”缩放位置，无法转换。</translation>
    </message>
    <message>
        <source>This server cannot be used: {reason}.</source>
        <translation>无法使用此服务器：{reason}。</translation>
    </message>
    <message>
        <source>To run the reply again exactly, bring the template&apos;s old text back.</source>
        <translation>要完全重现此回复，请恢复模板原来的内容。</translation>
    </message>
    <message>
        <source>Free some space on the disk that holds {folder}, then try again. The daily backup tries every hour.</source>
        <translation>请在 {folder} 所在的磁盘上腾出空间，然后重试。每日备份每小时会再试一次。</translation>
    </message>
    <message>
        <source>Name another place with --host or --port; port 0 is any that is free.</source>
        <translation>请用 --host 或 --port 指定别处；端口 0 表示任意空闲端口。</translation>
    </message>
    <message>
        <source>Parley cannot listen at {address}: {reason}.</source>
        <translation>Parley 无法在 {address} 监听：{reason}。</translation>
    </message>
    <message>
        <source>There is no room for a backup of your chats: {need} are needed, {free} are free.</source>
        <translation>没有空间备份您的对话：需要 {need}，可用 {free}。</translation>
    </message>
    <message>
        <source>Try again in {seconds} seconds.</source>
        <translation>请在 {seconds} 秒后重试。</translation>
    </message>
    <message>
        <source>Try again in {seconds} seconds; with a token, more requests are allowed.</source>
        <translation>请在 {seconds} 秒后重试；使用访问令牌可允许更多请求。</translation>
    </message>
    <message>
        <source>Try again later.</source>
        <translation>请稍后再试。</translation>
    </message>
    <message>
        <source>Try again later. What has arrived is kept, and the download goes on from there.</source>
        <translation>请稍后再试。已下载的内容会保留，下载将从该处继续。</translation>
    </message>
    <message>
        <source>Try again, or attach it as text.</source>
        <translation>请重试，或作为文本附加。</translation>
    </message>
    <message>
        <source>Try again, or export as HTML and print it from a browser.</source>
        <translation>请重试，或导出为 HTML 后从浏览器打印。</translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation>请重试。</translation>
    </message>
    <message>
        <source>Try again; if it happens again, load the model with a shorter context.</source>
        <translation>请重试；若再次发生，请以更短的上下文加载模型。</translation>
    </message>
    <message>
        <source>Unpin some of them, or load the model with a longer context.</source>
        <translation>请取消固定其中一些，或以更长的上下文加载模型。</translation>
    </message>
    <message>
        <source>Update Parley first, or choose an older backup.</source>
        <translation>请先更新 Parley，或选择较早的备份。</translation>
    </message>
    <message>
        <source>Update Parley, or save it with an older version of the program.</source>
        <translation>请更新 Parley，或用该程序的旧版本保存。</translation>
    </message>
    <message>
        <source>Use it, or move it away to have it made anew.</source>
        <translation>请使用它，或将其移走以重新生成。</translation>
    </message>
    <message>
        <source>Version {version} has no package for this machine.</source>
        <translation>版本 {version} 没有适用于这台机器的安装包。</translation>
    </message>
    <message>
        <source>Wait for it, or stop it first.</source>
        <translation>请等待它完成，或先停止它。</translation>
    </message>
    <message>
        <source>Wait for it, or stop it there.</source>
        <translation>请等待它完成，或在那边停止它。</translation>
    </message>
    <message>
        <source>Wait until that reply is done, or stop it there first.</source>
        <translation>请等那条回复完成，或先在那边停止它。</translation>
    </message>
    <message>
        <source>Wait until whatever writes to the folder is done, then try again.</source>
        <translation>请等待写入该文件夹的操作结束，然后重试。</translation>
    </message>
    <message>
        <source>What answers at {host} is no rpc-server that this Parley understands.</source>
        <translation>{host} 上应答的不是此 Parley 能理解的 rpc-server。</translation>
    </message>
    <message>
        <source>What had come is kept. Try again to have the message answered anew.</source>
        <translation>已收到的内容会保留。请重试以重新回复该消息。</translation>
    </message>
    <message>
        <source>What has arrived is kept as it is. Try again later, or cancel the download and start it anew.</source>
        <translation>已下载的内容原样保留。请稍后再试，或取消后重新下载。</translation>
    </message>
    <message>
        <source>What has arrived is kept. Try again to go on from there.</source>
        <translation>已下载的内容会保留。请重试以从该处继续。</translation>
    </message>
    <message>
        <source>What it had written is kept. Send a message or try again to start it anew.</source>
        <translation>已写的内容会保留。发送消息或重试即可重新启动引擎。</translation>
    </message>
    <message>
        <source>What it held is kept as {file}.</source>
        <translation>原有内容保存为 {file}。</translation>
    </message>
    <message>
        <source>What stood before came in. Export it again and import it once more; nothing comes in twice.</source>
        <translation>之前的部分已导入。请重新导出并再次导入；不会产生重复。</translation>
    </message>
    <message>
        <source>What was done is kept. Try again to go on from there.</source>
        <translation>已完成的部分会保留。请重试以从该处继续。</translation>
    </message>
    <message>
        <source>What was written is kept. Check that every machine runs, then load the model again.</source>
        <translation>已写出的内容会保留。请检查每台计算机是否在运行，然后重新加载模型。</translation>
    </message>
    <message>
        <source>What was written is kept. Check that it runs and is on the network, then load the model again.</source>
        <translation>已写出的内容会保留。请检查它是否在运行并已连接网络，然后重新加载模型。</translation>
    </message>
    <message>
        <source>Which file of {name} wrote this reply was not noted, so it cannot be run again exactly.</source>
        <translation>未记录此回复由 {name} 的哪个文件所写，因此无法原样重新生成。</translation>
    </message>
    <message>
        <source>With the pinned messages this comes to {tokens} tokens, but the model reads at most {limit} at once.</source>
        <translation>连同固定的消息共 {tokens} token，但模型一次最多读取 {limit}。</translation>
    </message>
    <message>
        <source>Write one first.</source>
        <translation>请先写一条。</translation>
    </message>
    <message>
        <source>Write owner/name, owner/name:branch, or paste the address of the model&apos;s page.</source>
        <translation>请写 owner/name 或 owner/name:branch，或粘贴模型页面的地址。</translation>
    </message>
    <message>
        <source>Write something first.</source>
        <translation>请先写点什么。</translation>
    </message>
    <message>
        <source>Your account may not read the files of {repo} yet.</source>
        <translation>您的账户尚无权读取 {repo} 的文件。</translation>
    </message>
    <message>
        <source>Your chats are kept in {folder}, but they are not there now.</source>
        <translation>您的对话保存在 {folder}，但现在那里没有。</translation>
    </message>
    <message>
        <source>Your chats are safe. Please copy the details and report them.</source>
        <translation>您的对话是安全的。请复制详细信息并报告。</translation>
    </message>
    <message>
        <source>A preset needs a name of at most {most} characters.</source>
        <translation>预设需要一个不超过 {most} 个字符的名称。</translation>
    </message>
    <message>
        <source>Choose a folder on another disk; one with FAT32, for example, takes files of at most 4 GB.</source>
        <translation>请选择其他磁盘上的文件夹；例如，FAT32 磁盘上的单个文件最大为 4 GB。</translation>
    </message>
    <message>
        <source>Delete what ends in “.part” there with your file manager.</source>
        <translation>请用文件管理器删除其中以“.part”结尾的文件。</translation>
    </message>
    <message>
        <source>Give it one.</source>
        <translation>请为它命名。</translation>
    </message>
    <message>
        <source>Look for the same model in another repo.</source>
        <translation>请在其他仓库中查找同一模型。</translation>
    </message>
    <message>
        <source>Nothing was changed. Check the disk, or choose another folder.</source>
        <translation>未作任何更改。请检查磁盘，或选择其他文件夹。</translation>
    </message>
    <message>
        <source>Put both into its address in Settings → Downloads and network: http://NAME:PASSWORD@HOST:PORT.</source>
        <translation>请在“设置 → 下载与网络”中将两者写入其地址：http://NAME:PASSWORD@HOST:PORT。</translation>
    </message>
    <message>
        <source>Something of {file} is left in {folder}, because it cannot be deleted: {reason}.</source>
        <translation>{folder} 中仍留有 {file} 的部分内容，因为无法删除：{reason}。</translation>
    </message>
    <message>
        <source>The data cannot be moved to {folder}: {reason}.</source>
        <translation>无法将数据移动到 {folder}：{reason}。</translation>
    </message>
    <message>
        <source>The disk that holds {folder} takes no file as large as this one.</source>
        <translation>{folder} 所在的磁盘无法存放这么大的文件。</translation>
    </message>
    <message>
        <source>The proxy {proxy} asks for a name and a password that it knows.</source>
        <translation>代理 {proxy} 要求提供其认可的用户名和密码。</translation>
    </message>
    <message>
        <source>The repo has a file named “{file}”, which no file can be called on Windows.</source>
        <translation>仓库中有名为“{file}”的文件，Windows 不允许使用此名称。</translation>
    </message>
    <message>
        <source>What the first ones hold came in. Import the folders inside it one by one; nothing comes in twice.</source>
        <translation>前面那些文件中的内容已导入。请逐个导入其中的文件夹；不会重复导入。</translation>
    </message>
    <message>
        <source>Your chats at {folder} are in use by another program.</source>
        <translation>{folder} 中的对话正被另一个程序使用。</translation>
    </message>
    <message>
        <source>Your chats were moved from {folder} to another folder.</source>
        <translation>您的对话已从 {folder} 移到另一个文件夹。</translation>
    </message>
    <message>
        <source>Your chats were saved by a newer version of Parley.</source>
        <translation>您的对话由较新版本的 Parley 保存。</translation>
    </message>
    <message>
        <source>a count in it makes no sense</source>
        <translation>其中的计数不合理</translation>
    </message>
    <message>
        <source>a key does not belong into the address; it is entered apart</source>
        <translation>密钥不应写在地址中，请单独输入</translation>
    </message>
    <message>
        <source>a rule under “dynamic” cannot be read</source>
        <translation>“dynamic”下的规则无法读取</translation>
    </message>
    <message>
        <source>a template that ships with Parley is called so</source>
        <translation>Parley 自带的模板已用此名</translation>
    </message>
    <message>
        <source>a text in it is too long</source>
        <translation>其中的文本过长</translation>
    </message>
    <message>
        <source>another template is called so</source>
        <translation>已有其他模板使用此名</translation>
    </message>
    <message>
        <source>connection refused</source>
        <translation>连接被拒绝</translation>
    </message>
    <message>
        <source>connection reset by peer</source>
        <translation>连接被对方重置</translation>
    </message>
    <message>
        <source>does not describe its codes</source>
        <translation>未描述其编码</translation>
    </message>
    <message>
        <source>expected a whole number</source>
        <translation>应为整数</translation>
    </message>
    <message>
        <source>expected an address such as http://name:port</source>
        <translation>应为 http://name:port 形式的地址</translation>
    </message>
    <message>
        <source>expected at least {number}</source>
        <translation>至少应为 {number}</translation>
    </message>
    <message>
        <source>expected at most {number}</source>
        <translation>最多应为 {number}</translation>
    </message>
    <message>
        <source>expected keys such as Ctrl+Shift+N or F5</source>
        <translation>应为 Ctrl+Shift+N 或 F5 之类的按键</translation>
    </message>
    <message>
        <source>expected on or off</source>
        <translation>应为 on 或 off</translation>
    </message>
    <message>
        <source>expected the whole path, from the root on</source>
        <translation>应为从根目录开始的完整路径</translation>
    </message>
    <message>
        <source>file exists</source>
        <translation>文件已存在</translation>
    </message>
    <message>
        <source>has no levels but zero</source>
        <translation>除零以外没有任何级别</translation>
    </message>
    <message>
        <source>input/output error</source>
        <translation>输入/输出错误</translation>
    </message>
    <message>
        <source>is a directory</source>
        <translation>是文件夹</translation>
    </message>
    <message>
        <source>it cannot continue a broken transfer</source>
        <translation>它无法续传中断的传输</translation>
    </message>
    <message>
        <source>it closed the connection</source>
        <translation>它关闭了连接</translation>
    </message>
    <message>
        <source>it could not be started ({reason})</source>
        <translation>无法启动（{reason}）</translation>
    </message>
    <message>
        <source>it crashed (code {number})</source>
        <translation>已崩溃（代码 {number}）</translation>
    </message>
    <message>
        <source>it crashed ({name}, signal {number})</source>
        <translation>已崩溃（{name}，信号 {number}）</translation>
    </message>
    <message>
        <source>it does not answer</source>
        <translation>没有应答</translation>
    </message>
    <message>
        <source>it does not have the form it should have</source>
        <translation>格式不正确</translation>
    </message>
    <message>
        <source>it does not speak TLS as expected</source>
        <translation>TLS 通信不符合预期</translation>
    </message>
    <message>
        <source>it ended by itself</source>
        <translation>自行结束</translation>
    </message>
    <message>
        <source>it ended with exit code {number}</source>
        <translation>以退出码 {number} 结束</translation>
    </message>
    <message>
        <source>it ends within its header</source>
        <translation>在文件头中途结束</translation>
    </message>
    <message>
        <source>it has a part of an unknown kind</source>
        <translation>含有未知类型的部分</translation>
    </message>
    <message>
        <source>it has another type, shape or place</source>
        <translation>类型、形状或位置不同</translation>
    </message>
    <message>
        <source>it has no .safetensors files</source>
        <translation>没有 .safetensors 文件</translation>
    </message>
    <message>
        <source>it has no config.json</source>
        <translation>没有 config.json</translation>
    </message>
    <message>
        <source>it has no id</source>
        <translation>没有 id</translation>
    </message>
    <message>
        <source>it has no merges</source>
        <translation>没有 merges</translation>
    </message>
    <message>
        <source>it holds a value of an unknown kind</source>
        <translation>含有未知类型的值</translation>
    </message>
    <message>
        <source>it holds no certificate in PEM format</source>
        <translation>其中没有 PEM 格式的证书</translation>
    </message>
    <message>
        <source>it holds no settings</source>
        <translation>不含设置</translation>
    </message>
    <message>
        <source>it holds spaces or other signs that no key has, or is too long</source>
        <translation>含有空格或密钥中不会出现的字符，或过长</translation>
    </message>
    <message>
        <source>it holds spaces or other signs that no token has, or is of an unlikely length</source>
        <translation>含有空格或令牌中不会出现的字符，或长度异常</translation>
    </message>
    <message>
        <source>it is cut off</source>
        <translation>内容被截断</translation>
    </message>
    <message>
        <source>it is damaged</source>
        <translation>已损坏</translation>
    </message>
    <message>
        <source>it is empty</source>
        <translation>为空</translation>
    </message>
    <message>
        <source>it is far too large</source>
        <translation>过大</translation>
    </message>
    <message>
        <source>it is missing</source>
        <translation>缺失</translation>
    </message>
    <message>
        <source>it is not a chat of GPT4All</source>
        <translation>不是 GPT4All 的对话</translation>
    </message>
    <message>
        <source>it is not a file</source>
        <translation>不是文件</translation>
    </message>
    <message>
        <source>it is not a message</source>
        <translation>不是消息</translation>
    </message>
    <message>
        <source>it is not a whole PDF</source>
        <translation>不是完整的 PDF</translation>
    </message>
    <message>
        <source>it is not a whole document</source>
        <translation>不是完整的文档</translation>
    </message>
    <message>
        <source>it is not a whole zip file</source>
        <translation>不是完整的 zip 文件</translation>
    </message>
    <message>
        <source>it is not an object</source>
        <translation>不是对象</translation>
    </message>
    <message>
        <source>it is not text in UTF-8</source>
        <translation>不是 UTF-8 文本</translation>
    </message>
    <message>
        <source>it is not there</source>
        <translation>不存在</translation>
    </message>
    <message>
        <source>it is not there, or not a folder</source>
        <translation>不存在，或不是文件夹</translation>
    </message>
    <message>
        <source>it is not to be quantized like this</source>
        <translation>不应如此量化</translation>
    </message>
    <message>
        <source>it is not valid JSON</source>
        <translation>不是有效的 JSON</translation>
    </message>
    <message>
        <source>it is of no format that Parley knows</source>
        <translation>不是 Parley 认识的格式</translation>
    </message>
    <message>
        <source>it is protected by a password</source>
        <translation>受密码保护</translation>
    </message>
    <message>
        <source>it is still running</source>
        <translation>仍在运行</translation>
    </message>
    <message>
        <source>it is too large</source>
        <translation>太大</translation>
    </message>
    <message>
        <source>it is too long</source>
        <translation>太长</translation>
    </message>
    <message>
        <source>it is too slow</source>
        <translation>太慢</translation>
    </message>
    <message>
        <source>it is used in text fields and lists</source>
        <translation>已用于文本框和列表</translation>
    </message>
    <message>
        <source>it leads nowhere</source>
        <translation>没有指向任何地方</translation>
    </message>
    <message>
        <source>it lists no weights</source>
        <translation>未列出权重</translation>
    </message>
    <message>
        <source>it makes no sense</source>
        <translation>不合理</translation>
    </message>
    <message>
        <source>it may have letters, digits, spaces and . , + - ( ) _ in it</source>
        <translation>可使用字母、数字、空格和 . , + - ( ) _</translation>
    </message>
    <message>
        <source>it must look like 192.168.1.20:50052</source>
        <translation>格式须如 192.168.1.20:50052</translation>
    </message>
    <message>
        <source>it names a package in a way that is not safe</source>
        <translation>其中对安装包的描述不安全</translation>
    </message>
    <message>
        <source>it names files outside of its folder</source>
        <translation>指向其文件夹之外的文件</translation>
    </message>
    <message>
        <source>it needs --rope-scaling</source>
        <translation>需要 --rope-scaling</translation>
    </message>
    <message>
        <source>it splits text in a way that llama.cpp does not know</source>
        <translation>其切分文本的方式 llama.cpp 不支持</translation>
    </message>
    <message>
        <source>it takes whole words in a way that llama.cpp does not know</source>
        <translation>其处理整词的方式 llama.cpp 不支持</translation>
    </message>
    <message>
        <source>it took too long</source>
        <translation>耗时过长</translation>
    </message>
    <message>
        <source>it was ended by signal {number}</source>
        <translation>被信号 {number} 终止</translation>
    </message>
    <message>
        <source>it was ended by {name} (signal {number})</source>
        <translation>被 {name} 终止（信号 {number}）</translation>
    </message>
    <message>
        <source>it was killed (signal 9), as the system does when memory runs out</source>
        <translation>被强制终止（信号 9），内存耗尽时系统会这样做</translation>
    </message>
    <message>
        <source>its XML declares entities</source>
        <translation>其 XML 声明了实体</translation>
    </message>
    <message>
        <source>its XML is broken</source>
        <translation>其 XML 已损坏</translation>
    </message>
    <message>
        <source>its address must end with its path, usually /v1</source>
        <translation>地址必须以路径结尾，通常为 /v1</translation>
    </message>
    <message>
        <source>its address must look like http://host:8000/v1</source>
        <translation>地址应形如 http://host:8000/v1</translation>
    </message>
    <message>
        <source>its blocks have no size</source>
        <translation>其块没有大小</translation>
    </message>
    <message>
        <source>its header cannot be parsed</source>
        <translation>无法解析其文件头</translation>
    </message>
    <message>
        <source>its header has no end, or it is another kind of file</source>
        <translation>文件头没有结尾，或是其他类型的文件</translation>
    </message>
    <message>
        <source>its name cannot be shown</source>
        <translation>其名称无法显示</translation>
    </message>
    <message>
        <source>its name is not known</source>
        <translation>其名称未知</translation>
    </message>
    <message>
        <source>its pages cannot be read</source>
        <translation>无法读取其页面</translation>
    </message>
    <message>
        <source>its parts are nested too deeply</source>
        <translation>嵌套过深</translation>
    </message>
    <message>
        <source>its path is not valid text</source>
        <translation>其路径不是有效文本</translation>
    </message>
    <message>
        <source>its tensors overlap or leave gaps</source>
        <translation>其张量重叠或有空隙</translation>
    </message>
    <message>
        <source>its timeout must be 1 to 3600 seconds</source>
        <translation>超时应为 1 到 3600 秒</translation>
    </message>
    <message>
        <source>its version is no version</source>
        <translation>其中的版本号无效</translation>
    </message>
    <message>
        <source>its version makes no sense</source>
        <translation>其版本不合理</translation>
    </message>
    <message>
        <source>its weights are quantized already</source>
        <translation>其权重已经量化</translation>
    </message>
    <message>
        <source>llama.cpp does not answer: {reason}.</source>
        <translation>llama.cpp 没有应答：{reason}。</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>name chats, or use --all</source>
        <translation>请指定对话，或使用 --all</translation>
    </message>
    <message>
        <source>name or service not known</source>
        <translation>未知的名称或服务</translation>
    </message>
    <message>
        <source>network is unreachable</source>
        <translation>网络不可达</translation>
    </message>
    <message>
        <source>no message is in it</source>
        <translation>其中没有消息</translation>
    </message>
    <message>
        <source>no route to host</source>
        <translation>没有到主机的路由</translation>
    </message>
    <message>
        <source>no space left on device</source>
        <translation>磁盘空间不足</translation>
    </message>
    <message>
        <source>no such file or directory</source>
        <translation>没有该文件或文件夹</translation>
    </message>
    <message>
        <source>not a directory</source>
        <translation>不是文件夹</translation>
    </message>
    <message>
        <source>nothing answers in time; it may be at work for another program</source>
        <translation>未及时应答；它可能正被其他程序占用</translation>
    </message>
    <message>
        <source>nothing was entered</source>
        <translation>未输入任何内容</translation>
    </message>
    <message>
        <source>one of its files is damaged</source>
        <translation>其中一个文件已损坏</translation>
    </message>
    <message>
        <source>only a new chat can be given one</source>
        <translation>只有新对话才能设置</translation>
    </message>
    <message>
        <source>other machines could use the model, so that it needs --api-key</source>
        <translation>其他机器可能使用该模型，因此需要 --api-key</translation>
    </message>
    <message>
        <source>permission denied</source>
        <translation>权限不足</translation>
    </message>
    <message>
        <source>quantization_config holds no settings</source>
        <translation>quantization_config 中没有任何设置</translation>
    </message>
    <message>
        <source>quantized values in the KV cache need flash attention</source>
        <translation>KV 缓存中的量化值需要 Flash Attention</translation>
    </message>
    <message>
        <source>read-only file system</source>
        <translation>只读文件系统</translation>
    </message>
    <message>
        <source>reading</source>
        <translation>读取时</translation>
    </message>
    <message>
        <source>temporary failure in name resolution</source>
        <translation>名称解析暂时失败</translation>
    </message>
    <message>
        <source>the connection broke off</source>
        <translation>连接已中断</translation>
    </message>
    <message>
        <source>the disk gives back other bytes than were written</source>
        <translation>磁盘读回的字节与写入的不同</translation>
    </message>
    <message>
        <source>the file cannot be written</source>
        <translation>无法写入文件</translation>
    </message>
    <message>
        <source>the network settings changed</source>
        <translation>网络设置已更改</translation>
    </message>
    <message>
        <source>the preset has its own</source>
        <translation>预设已有自己的</translation>
    </message>
    <message>
        <source>the proxy refuses</source>
        <translation>代理拒绝</translation>
    </message>
    <message>
        <source>the system uses it for something else</source>
        <translation>系统将其用于其他用途</translation>
    </message>
    <message>
        <source>the system&apos;s proxy cannot be used</source>
        <translation>无法使用系统代理</translation>
    </message>
    <message>
        <source>there is neither tokenizer.model nor tokenizer.json</source>
        <translation>既没有 tokenizer.model 也没有 tokenizer.json</translation>
    </message>
    <message>
        <source>there is no connection</source>
        <translation>没有网络连接</translation>
    </message>
    <message>
        <source>there is no such file</source>
        <translation>没有这样的文件</translation>
    </message>
    <message>
        <source>there is no such setting</source>
        <translation>没有该设置</translation>
    </message>
    <message>
        <source>time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>timed out</source>
        <translation>超时</translation>
    </message>
    <message>
        <source>tokenizer.model holds no pieces</source>
        <translation>tokenizer.model 中没有词片</translation>
    </message>
    <message>
        <source>tokenizer.model is damaged, or no SentencePiece model</source>
        <translation>tokenizer.model 已损坏，或不是 SentencePiece 模型</translation>
    </message>
    <message>
        <source>tokenizer.model splits by words or characters</source>
        <translation>tokenizer.model 按词或字符切分</translation>
    </message>
    <message>
        <source>without Ctrl or Alt it is typed into the message</source>
        <translation>没有 Ctrl 或 Alt 时会输入到消息中</translation>
    </message>
    <message>
        <source>writing</source>
        <translation>书写时</translation>
    </message>
    <message>
        <source>{count} chats cannot be written as one {format} file.</source>
        <translation>{count} 个对话无法写成一个 {format} 文件。</translation>
    </message>
    <message>
        <source>{file} arrived damaged twice: it is not what the Hub&apos;s checksum says.</source>
        <translation>{file} 两次到达时均已损坏：与 Hub 的校验和不符。</translation>
    </message>
    <message>
        <source>{file} belongs to {program}.</source>
        <translation>{file} 属于 {program}。</translation>
    </message>
    <message>
        <source>{file} cannot be read: {reason}.</source>
        <translation>无法读取 {file}：{reason}。</translation>
    </message>
    <message>
        <source>{file} cannot be used: {reason}.</source>
        <translation>无法使用 {file}：{reason}。</translation>
    </message>
    <message>
        <source>{file} cannot be written: {reason}.</source>
        <translation>无法写入 {file}：{reason}。</translation>
    </message>
    <message>
        <source>{file} changed while it was read.</source>
        <translation>{file} 在读取时发生了变化。</translation>
    </message>
    <message>
        <source>{file} could not be copied faithfully.</source>
        <translation>未能如实复制 {file}。</translation>
    </message>
    <message>
        <source>{file} could not be loaded.</source>
        <translation>无法加载 {file}。</translation>
    </message>
    <message>
        <source>{file} could not be moved to the trash: {reason}.</source>
        <translation>无法将 {file} 移入回收站：{reason}。</translation>
    </message>
    <message>
        <source>{file} could not be read: {reason}.</source>
        <translation>未能读取 {file}：{reason}。</translation>
    </message>
    <message>
        <source>{file} does not agree with the files it lists: {reason}.</source>
        <translation>{file} 与其列出的文件不一致：{reason}。</translation>
    </message>
    <message>
        <source>{file} has changed on the Hub since its download began.</source>
        <translation>下载开始后，{file} 在 Hub 上已更改。</translation>
    </message>
    <message>
        <source>{file} has version {version} of its format; Parley reads up to {known}.</source>
        <translation>{file} 的格式版本为 {version}；Parley 最多读取 {known}。</translation>
    </message>
    <message>
        <source>{file} holds more than {limit} files that may be chats; the others were not read.</source>
        <translation>{file} 中可能是对话的文件超过 {limit} 个；其余的没有读取。</translation>
    </message>
    <message>
        <source>{file} holds no certificates that can be read.</source>
        <translation>{file} 中没有可读取的证书。</translation>
    </message>
    <message>
        <source>{file} holds no text; its pages may be scanned pictures.</source>
        <translation>{file} 不含文本；其页面可能是扫描图片。</translation>
    </message>
    <message>
        <source>{file} is a pickle: reading it would run a program that somebody else wrote.</source>
        <translation>{file} 是 pickle 文件：读取它会运行他人编写的程序。</translation>
    </message>
    <message>
        <source>{file} is already being downloaded by another window or command.</source>
        <translation>另一个窗口或命令正在下载 {file}。</translation>
    </message>
    <message>
        <source>{file} is already being made by another window or command.</source>
        <translation>另一个窗口或命令正在生成 {file}。</translation>
    </message>
    <message>
        <source>{file} is already in {folder}, but it is another file.</source>
        <translation>{folder} 中已有 {file}，但不是同一文件。</translation>
    </message>
    <message>
        <source>{file} is already in {folder}.</source>
        <translation>{file} 已在 {folder} 中。</translation>
    </message>
    <message>
        <source>{file} is damaged or incomplete after {count} chats.</source>
        <translation>{file} 在 {count} 个对话之后损坏或不完整。</translation>
    </message>
    <message>
        <source>{file} is damaged or incomplete: {reason}.</source>
        <translation>{file} 已损坏或不完整：{reason}。</translation>
    </message>
    <message>
        <source>{file} is empty.</source>
        <translation>{file} 为空。</translation>
    </message>
    <message>
        <source>{file} is nested more than {limit} levels deep.</source>
        <translation>{file} 的嵌套超过 {limit} 层。</translation>
    </message>
    <message>
        <source>{file} is no longer at {folder}.</source>
        <translation>{file} 已不在 {folder}。</translation>
    </message>
    <message>
        <source>{file} is no model, or part of none.</source>
        <translation>{file} 不是模型，也不是模型的一部分。</translation>
    </message>
    <message>
        <source>{file} is not a GGUF model.</source>
        <translation>{file} 不是 GGUF 模型。</translation>
    </message>
    <message>
        <source>{file} is not a file of presets: {reason}.</source>
        <translation>{file} 不是预设文件：{reason}。</translation>
    </message>
    <message>
        <source>{file} is not a text file.</source>
        <translation>{file} 不是文本文件。</translation>
    </message>
    <message>
        <source>{file} is not what the list of versions says that it is.</source>
        <translation>{file} 与版本列表所述不符。</translation>
    </message>
    <message>
        <source>{file} is not, or no longer, in {repo}.</source>
        <translation>{repo} 中没有或已不再有 {file}。</translation>
    </message>
    <message>
        <source>{file} is of the architecture “{architecture}”, which this version of llama.cpp cannot run.</source>
        <translation>{file} 的架构为“{architecture}”，此版本的 llama.cpp 无法运行。</translation>
    </message>
    <message>
        <source>{file} is protected by a password.</source>
        <translation>{file} 受密码保护。</translation>
    </message>
    <message>
        <source>{file} is there already.</source>
        <translation>{file} 已存在。</translation>
    </message>
    <message>
        <source>{file} is too large: {size}, where at most {limit} can be attached.</source>
        <translation>{file} 太大：{size}，最多可附加 {limit}。</translation>
    </message>
    <message>
        <source>{file} needs about {need} of memory, but only {free} is free.</source>
        <translation>{file} 约需 {need} 内存，但只有 {free} 可用。</translation>
    </message>
    <message>
        <source>{file} unpacks to more than {limit}, which no export of chats does.</source>
        <translation>{file} 解压后超过 {limit}，对话的导出不会如此。</translation>
    </message>
    <message>
        <source>{file} was given up: reading it took too much {what}.</source>
        <translation>已放弃 {file}：读取它耗费了过多{what}。</translation>
    </message>
    <message>
        <source>{file} was not copied faithfully to {folder}.</source>
        <translation>{file} 未能如实复制到 {folder}。</translation>
    </message>
    <message>
        <source>{file}, which holds the chat templates of this backup, is damaged.</source>
        <translation>保存此备份的对话模板的文件 {file} 已损坏。</translation>
    </message>
    <message>
        <source>{folder} and the present data folder lie in one another.</source>
        <translation>{folder} 与现在的数据文件夹互相包含。</translation>
    </message>
    <message>
        <source>{folder} cannot be a folder for models: {reason}.</source>
        <translation>{folder} 不能作为模型文件夹：{reason}。</translation>
    </message>
    <message>
        <source>{folder} has {free} free, but {need} are needed.</source>
        <translation>{folder} 可用 {free}，但需要 {need}。</translation>
    </message>
    <message>
        <source>{folder} holds no model in safetensors: {reason}.</source>
        <translation>{folder} 中没有 safetensors 模型：{reason}。</translation>
    </message>
    <message>
        <source>{folder} is incomplete: {reason}.</source>
        <translation>{folder} 不完整：{reason}。</translation>
    </message>
    <message>
        <source>{folder} is not empty.</source>
        <translation>{folder} 不是空文件夹。</translation>
    </message>
    <message>
        <source>{folder} is not one of your folders for models.</source>
        <translation>{folder} 不是您的模型文件夹。</translation>
    </message>
    <message>
        <source>{host} answered with an error: {reason}.</source>
        <translation>{host} 返回错误：{reason}。</translation>
    </message>
    <message>
        <source>{host} cannot be reached: {reason}.</source>
        <translation>无法连接 {host}：{reason}。</translation>
    </message>
    <message>
        <source>{host} does not accept your token.</source>
        <translation>{host} 不接受您的访问令牌。</translation>
    </message>
    <message>
        <source>{host} does not answer: {reason}.</source>
        <translation>{host} 没有应答：{reason}。</translation>
    </message>
    <message>
        <source>{host} has had too many requests from here.</source>
        <translation>{host} 收到来自此处的请求过多。</translation>
    </message>
    <message>
        <source>{host} offers version {version}, but the newer version {current} runs here.</source>
        <translation>{host} 提供的是版本 {version}，而这里运行的是更新的版本 {current}。</translation>
    </message>
    <message>
        <source>{host} refuses for now (status {status}).</source>
        <translation>{host} 暂时拒绝（状态 {status}）。</translation>
    </message>
    <message>
        <source>{host} shows a certificate that is not trusted: {reason}.</source>
        <translation>{host} 出示的证书不受信任：{reason}。</translation>
    </message>
    <message>
        <source>{keys} is already the shortcut for “{other}”.</source>
        <translation>{keys} 已是“{other}”的快捷键。</translation>
    </message>
    <message>
        <source>{name} has changed since this reply was written, so it cannot be run again exactly.</source>
        <translation>此回复写成之后 {name} 已更改，因此无法原样重新生成。</translation>
    </message>
    <message>
        <source>{name}, which wrote this reply, is not on this machine any more.</source>
        <translation>写下此回复的 {name} 已不在本机。</translation>
    </message>
    <message>
        <source>{option} cannot be {value}: {reason}.</source>
        <translation>{option} 不能为 {value}：{reason}。</translation>
    </message>
    <message>
        <source>{repo} asks who you are before it lets anyone read its files.</source>
        <translation>{repo} 要求先确认您的身份，才允许读取文件。</translation>
    </message>
    <message>
        <source>{repo} has no branch “{branch}”.</source>
        <translation>{repo} 没有分支“{branch}”。</translation>
    </message>
    <message>
        <source>{repo} has no variant with files like “{pattern}”.</source>
        <translation>{repo} 没有文件名符合“{pattern}”的变体。</translation>
    </message>
    <message>
        <source>{tensor} holds values that are not finite numbers.</source>
        <translation>{tensor} 含有非有限数值。</translation>
    </message>
    <message>
        <source>{tensor} is not packed as the configuration says: {reason}.</source>
        <translation>{tensor} 的打包方式与配置不符：{reason}。</translation>
    </message>
    <message>
        <source>{tensor} {reason}.</source>
        <translation>{tensor}：{reason}。</translation>
    </message>
    <message>
        <source>“{host}” cannot be used as a machine that holds a part of the model: {reason}.</source>
        <translation>“{host}”不能用作存放部分模型的计算机：{reason}。</translation>
    </message>
    <message>
        <source>“{name}” cannot be the name of a template: {reason}.</source>
        <translation>“{name}”不能用作模板名称：{reason}。</translation>
    </message>
    <message>
        <source>“{name}” ships with Parley and cannot be removed.</source>
        <translation>“{name}”是 Parley 自带的模板，无法删除。</translation>
    </message>
    <message>
        <source>“{server}” answered with something that Parley does not understand.</source>
        <translation>“{server}”的应答 Parley 无法理解。</translation>
    </message>
    <message>
        <source>“{server}” at {host} cannot be reached: {reason}.</source>
        <translation>无法连接位于 {host} 的“{server}”：{reason}。</translation>
    </message>
    <message>
        <source>“{server}” at {host} shows a certificate that is not trusted: {reason}.</source>
        <translation>位于 {host} 的“{server}”出示的证书不受信任：{reason}。</translation>
    </message>
    <message>
        <source>“{server}” broke off in the middle of the reply.</source>
        <translation>“{server}”在回复途中中断。</translation>
    </message>
    <message>
        <source>“{server}” does not accept the key.</source>
        <translation>“{server}”不接受该密钥。</translation>
    </message>
    <message>
        <source>“{server}” does not allow this with your key: {reason}.</source>
        <translation>“{server}”不允许用您的密钥执行此操作：{reason}。</translation>
    </message>
    <message>
        <source>“{server}” failed with status {status}: {reason}.</source>
        <translation>“{server}”失败，状态 {status}：{reason}。</translation>
    </message>
    <message>
        <source>“{server}” has no model “{model}” at {address}.</source>
        <translation>“{server}”在 {address} 没有模型“{model}”。</translation>
    </message>
    <message>
        <source>“{server}” has too many requests: {reason}.</source>
        <translation>“{server}”请求过多：{reason}。</translation>
    </message>
    <message>
        <source>“{server}” makes the prompt itself, so that it cannot be shown here.</source>
        <translation>“{server}”自行生成提示词，因此无法在此显示。</translation>
    </message>
    <message>
        <source>“{server}” refused the request: {reason}.</source>
        <translation>“{server}”拒绝了请求：{reason}。</translation>
    </message>
    <message>
        <source>“{server}” sends Parley on to {address}, which Parley does not follow.</source>
        <translation>“{server}”将 Parley 转到 {address}，Parley 不会跟随。</translation>
    </message>
    <message>
        <source>“{server}” sent nothing for {seconds} seconds.</source>
        <translation>“{server}”已 {seconds} 秒未发送任何内容。</translation>
    </message>
    <message>
        <source>“{server}” was named, but not which of its models is to answer.</source>
        <translation>指定了“{server}”，但未指定由它的哪个模型回复。</translation>
    </message>
    <message>
        <source>“{text}” names no model on the Hub.</source>
        <translation>“{text}”不是 Hub 上的模型名称。</translation>
    </message>
</context>
<context>
    <name>ExchangeDesk</name>
    <message>
        <source>Chat</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Chats</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Export all chats</source>
        <translation>导出所有对话</translation>
    </message>
    <message>
        <source>Export chats</source>
        <translation>导出对话</translation>
    </message>
    <message>
        <source>Exporting all chats</source>
        <translation>正在导出所有对话</translation>
    </message>
    <message>
        <source>Exporting chats</source>
        <translation>正在导出对话</translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation>导入对话</translation>
    </message>
    <message>
        <source>Importing</source>
        <translation>正在导入</translation>
    </message>
    <message>
        <source>JSON, with everything (*.json)</source>
        <translation>JSON，包含全部内容 (*.json)</translation>
    </message>
    <message>
        <source>Markdown (*.md)</source>
        <translation>Markdown (*.md)</translation>
    </message>
    <message>
        <source>Markdown files in an archive (*.zip)</source>
        <translation>Markdown 文件压缩包 (*.zip)</translation>
    </message>
    <message>
        <source>PDF (*.pdf)</source>
        <translation>PDF (*.pdf)</translation>
    </message>
    <message>
        <source>PDFs in an archive (*.zip)</source>
        <translation>PDF 压缩包 (*.zip)</translation>
    </message>
    <message>
        <source>Web page (*.html)</source>
        <translation>网页 (*.html)</translation>
    </message>
    <message>
        <source>Web pages in an archive (*.zip)</source>
        <translation>网页压缩包 (*.zip)</translation>
    </message>
</context>
<context>
    <name>ExchangeDialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Chats so far: {done}</source>
        <translation>目前的对话：{done}</translation>
    </message>
    <message>
        <source>Chats with new messages: {count}</source>
        <translation>有新消息的对话：{count}</translation>
    </message>
    <message>
        <source>Chats: {count}
Size: {size}
{path}</source>
        <translation>对话：{count}
大小：{size}
{path}</translation>
    </message>
    <message>
        <source>Chats: {done} of {total}</source>
        <translation>对话：{done} / {total}</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>选择文件夹…</translation>
    </message>
    <message>
        <source>Choose files…</source>
        <translation>选择文件…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Copy the list</source>
        <translation>复制列表</translation>
    </message>
    <message>
        <source>Could not be read: {count}</source>
        <translation>无法读取：{count}</translation>
    </message>
    <message>
        <source>Exported</source>
        <translation>已导出</translation>
    </message>
    <message>
        <source>Here already: {count}</source>
        <translation>已经有的：{count}</translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation>导入对话</translation>
    </message>
    <message>
        <source>Imported</source>
        <translation>已导入</translation>
    </message>
    <message>
        <source>In the trash, from where you can bring them back: {count}</source>
        <translation>在回收站中，可以从那里恢复：{count}</translation>
    </message>
    <message>
        <source>New chats: {count}</source>
        <translation>新对话：{count}</translation>
    </message>
    <message>
        <source>New messages: {count}</source>
        <translation>新消息：{count}</translation>
    </message>
    <message>
        <source>Nothing new came in</source>
        <translation>没有新内容</translation>
    </message>
    <message>
        <source>Nothing was written.</source>
        <translation>未写入任何内容。</translation>
    </message>
    <message>
        <source>Parley reads its own JSON, the exports of ChatGPT, Claude and Open WebUI (zip or JSON), and the chats of LM Studio, Jan and GPT4All (their folders). Drop them here, or choose them. Importing twice brings nothing in twice.</source>
        <translation>Parley 可读取自己的 JSON，ChatGPT、Claude 和 Open WebUI 的导出（ZIP 或 JSON），以及 LM Studio、Jan 和 GPT4All 的对话（其文件夹）。拖到这里，或手动选择。重复导入不会产生重复内容。</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>在文件夹中显示</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>There was no chat in it.</source>
        <translation>其中没有对话。</translation>
    </message>
    <message>
        <source>What was left out</source>
        <translation>省略的内容</translation>
    </message>
</context>
<context>
    <name>FileField</name>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Find in this chat</source>
        <translation>在此对话中查找</translation>
    </message>
    <message>
        <source>Next (Enter)</source>
        <translation>下一个 (Enter)</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>Previous (Shift+Enter)</source>
        <translation>上一个 (Shift+Enter)</translation>
    </message>
    <message>
        <source>{current} of {count}</source>
        <translation>{current} / {count}</translation>
    </message>
</context>
<context>
    <name>FitBar</name>
    <message>
        <source>{name}: {used} of {total} in use</source>
        <translation>{name}：已用 {used} / {total}</translation>
    </message>
</context>
<context>
    <name>FitPanel</name>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>上下文长度</translation>
    </message>
    <message>
        <source>How the conversation is kept: Q8_0 takes half the memory, Q4_0 a quarter.</source>
        <translation>对话的保存精度：Q8_0 占用一半内存，Q4_0 占用四分之一。</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV 缓存</translation>
    </message>
    <message>
        <source>KV in F16</source>
        <translation>KV：F16</translation>
    </message>
    <message>
        <source>KV in Q4_0</source>
        <translation>KV：Q4_0</translation>
    </message>
    <message>
        <source>KV in Q8_0</source>
        <translation>KV：Q8_0</translation>
    </message>
</context>
<context>
    <name>FoldersDialog</name>
    <message>
        <source>Add a folder for models</source>
        <translation>添加模型文件夹</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>添加文件夹…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Folders for models</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>Made with the first download</source>
        <translation>首次下载时创建</translation>
    </message>
    <message>
        <source>New models go here</source>
        <translation>新模型存放在此</translation>
    </message>
    <message>
        <source>Not there: is its disk connected?</source>
        <translation>不存在：磁盘是否已连接？</translation>
    </message>
    <message>
        <source>Parley looks for models in these folders. A folder that you remove here keeps its files.</source>
        <translation>Parley 在这些文件夹中查找模型。从这里移除文件夹不会删除其中的文件。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Use for new models</source>
        <translation>用于新模型</translation>
    </message>
</context>
<context>
    <name>FoldersEdit</name>
    <message>
        <source>A folder for models</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>添加文件夹…</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Use for new models</source>
        <translation>用于新模型</translation>
    </message>
</context>
<context>
    <name>Footer</name>
    <message>
        <source>, {free} free on disk</source>
        <translation>，磁盘可用 {free}</translation>
    </message>
    <message>
        <source>, {size} on disk until the original is removed</source>
        <translation>，移除原始文件前占用磁盘 {size}</translation>
    </message>
    <message>
        <source>Download and chat</source>
        <translation>下载并开始对话</translation>
    </message>
    <message>
        <source>Download and prepare</source>
        <translation>下载并准备</translation>
    </message>
    <message>
        <source>Download anyway</source>
        <translation>仍然下载</translation>
    </message>
    <message>
        <source>Folders…</source>
        <translation>文件夹…</translation>
    </message>
    <message>
        <source>Model card</source>
        <translation>模型卡</translation>
    </message>
    <message>
        <source>Parley cannot join the pieces of this file yet; choose another variant.</source>
        <translation>Parley 尚不能合并此文件的各部分；请选择其他变体。</translation>
    </message>
    <message>
        <source>See what fits here</source>
        <translation>查看适合本机的模型</translation>
    </message>
    <message>
        <source>Show files</source>
        <translation>显示文件</translation>
    </message>
    <message>
        <source>The disk has too little room: {size} are needed, {free} are free.</source>
        <translation>磁盘空间不足：需要 {size}，可用 {free}。</translation>
    </message>
    <message>
        <source>The headers of these files could not be read; choose another variant.</source>
        <translation>无法读取这些文件的文件头；请选择其他变体。</translation>
    </message>
    <message>
        <source>{size} to download</source>
        <translation>需下载 {size}</translation>
    </message>
</context>
<context>
    <name>FoundPane</name>
    <message>
        <source>Best fits of the {count} most downloaded</source>
        <translation>下载最多的 {count} 个中最合适的</translation>
    </message>
    <message>
        <source>Found on the Hub</source>
        <translation>在 Hub 上找到</translation>
    </message>
    <message>
        <source>Good on this machine</source>
        <translation>适合本机</translation>
    </message>
    <message>
        <source>Good to begin with</source>
        <translation>适合入门</translation>
    </message>
    <message>
        <source>No recommended model fits into the free memory. Close other programs, or search.</source>
        <translation>没有推荐模型能放入可用内存。请关闭其他程序，或自行搜索。</translation>
    </message>
    <message>
        <source>Nothing was found. Try fewer words, or another format.</source>
        <translation>没有找到。请减少关键词，或换一种格式。</translation>
    </message>
    <message>
        <source>Ranked page by page, most downloaded first</source>
        <translation>逐页排序，下载最多的在前</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>正在搜索…</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>What each model would need is estimated from its size, at about four bits per weight.</source>
        <translation>每个模型的需求按其大小估算，约合每权重 4 位。</translation>
    </message>
</context>
<context>
    <name>GuidePanel</name>
    <message>
        <source>A tiny model that knows Parley and quantized models. For all else, find one that fits this machine.</source>
        <translation>一个只了解 Parley 和量化模型的微型模型。其他话题请查找适合这台机器的模型。</translation>
    </message>
    <message>
        <source>Ask the Guide</source>
        <translation>向导问答</translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>About Parley</source>
        <translation>关于 Parley</translation>
    </message>
    <message>
        <source>Compare models…</source>
        <translation>比较模型…</translation>
    </message>
    <message>
        <source>Copy conversation</source>
        <translation>复制对话</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Export all chats…</source>
        <translation>导出所有对话…</translation>
    </message>
    <message>
        <source>Import chats…</source>
        <translation>导入对话…</translation>
    </message>
    <message>
        <source>JSON, with everything…</source>
        <translation>JSON，包含全部内容…</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Markdown…</source>
        <translation>Markdown…</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Nothing of this chat is written to disk. It is gone once you leave it.</source>
        <translation>此对话的内容不会写入磁盘。离开后即消失。</translation>
    </message>
    <message>
        <source>PDF…</source>
        <translation>PDF…</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>设置…</translation>
    </message>
    <message>
        <source>Show the sidebar</source>
        <translation>显示侧边栏</translation>
    </message>
    <message>
        <source>Temporary</source>
        <translation>临时</translation>
    </message>
    <message>
        <source>Temporary chat</source>
        <translation>临时对话</translation>
    </message>
    <message>
        <source>Web page (HTML)…</source>
        <translation>网页 (HTML)…</translation>
    </message>
</context>
<context>
    <name>HitModel</name>
    <message>
        <source>You</source>
        <translation>您</translation>
    </message>
</context>
<context>
    <name>ImportDialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Import a folder</source>
        <translation>导入文件夹</translation>
    </message>
    <message>
        <source>Move the original to the trash once the result is verified</source>
        <translation>结果校验后将原始文件移入回收站</translation>
    </message>
    <message>
        <source>Prepare</source>
        <translation>准备</translation>
    </message>
    <message>
        <source>The model goes to {folder}.</source>
        <translation>模型将存入 {folder}。</translation>
    </message>
</context>
<context>
    <name>KeysButton</name>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Press it, then the new keys. Backspace removes the shortcut, Esc keeps it.</source>
        <translation>点击后按下新的按键。Backspace 移除快捷键，Esc 保留原样。</translation>
    </message>
    <message>
        <source>Press the keys…</source>
        <translation>请按键…</translation>
    </message>
</context>
<context>
    <name>LedgerView</name>
    <message>
        <source>Chat</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Clear the list</source>
        <translation>清空列表</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>For</source>
        <translation>用途</translation>
    </message>
    <message>
        <source>Newer version</source>
        <translation>新版本</translation>
    </message>
    <message>
        <source>Nothing yet.</source>
        <translation>暂无。</translation>
    </message>
    <message>
        <source>Parley has no account and sends no statistics. Chats leave this machine only for servers that you added and chose. Else it speaks with a server only when you search for models, download one, or have it look for a newer version of itself. Each is noted here.</source>
        <translation>Parley 没有账户，也不发送统计数据。只有您添加并选用的服务器才会收到对话。除此之外，仅当您搜索或下载模型、或让它查找自身的新版本时才会联系服务器。每次都记录在此。</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>服务器</translation>
    </message>
    <message>
        <source>Servers Parley spoke with</source>
        <translation>Parley 联系过的服务器</translation>
    </message>
    <message>
        <source>When</source>
        <translation>时间</translation>
    </message>
</context>
<context>
    <name>Legend</name>
    <message>
        <source>KV cache</source>
        <translation>KV 缓存</translation>
    </message>
    <message>
        <source>compute</source>
        <translation>计算</translation>
    </message>
    <message>
        <source>other programs</source>
        <translation>其他程序</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>权重</translation>
    </message>
</context>
<context>
    <name>LibraryDialog</name>
    <message>
        <source>Add a folder for models</source>
        <translation>添加模型文件夹</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>添加文件夹…</translation>
    </message>
    <message>
        <source>Another file than on {day}; its checksum is noted now.</source>
        <translation>与 {day} 时不是同一文件；现已记下其校验和。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Damaged. Parley does not know where it came from: download it again, as a whole.</source>
        <translation>已损坏。Parley 不知道其来源：请重新完整下载。</translation>
    </message>
    <message>
        <source>Damaged. Repair fetches what is broken.</source>
        <translation>已损坏。“修复”会重新下载损坏的部分。</translation>
    </message>
    <message>
        <source>Damaged. Repair fetches {size} of it again.</source>
        <translation>已损坏。“修复”会重新下载其中的 {size}。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete {name}?</source>
        <translation>删除 {name}？</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>删除…</translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation>查找模型…</translation>
    </message>
    <message>
        <source>Find it again…</source>
        <translation>重新查找…</translation>
    </message>
    <message>
        <source>Find one that suits this machine, or add a folder that has some. What LM Studio, Ollama, GPT4All, llama.cpp and the Hugging Face cache have is found by itself.</source>
        <translation>查找一个适合这台计算机的模型，或添加已有模型的文件夹。LM Studio、Ollama、GPT4All、llama.cpp 和 Hugging Face 缓存中的模型会自动找到。</translation>
    </message>
    <message>
        <source>Folders…</source>
        <translation>文件夹…</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>移除记录</translation>
    </message>
    <message>
        <source>How it was made</source>
        <translation>制作详情</translation>
    </message>
    <message>
        <source>Import a folder…</source>
        <translation>导入文件夹…</translation>
    </message>
    <message>
        <source>Looking at the folders…</source>
        <translation>正在查看文件夹…</translation>
    </message>
    <message>
        <source>Make a GGUF model of one in safetensors: GPTQ, AWQ, bitsandbytes or unquantized</source>
        <translation>由 safetensors 模型生成 GGUF 模型：GPTQ、AWQ、bitsandbytes 或未量化</translation>
    </message>
    <message>
        <source>Models on this machine</source>
        <translation>本机上的模型</translation>
    </message>
    <message>
        <source>Move to another folder…</source>
        <translation>移到其他文件夹…</translation>
    </message>
    <message>
        <source>Move to {folder}</source>
        <translation>移到 {folder}</translation>
    </message>
    <message>
        <source>Move {name}</source>
        <translation>移动 {name}</translation>
    </message>
    <message>
        <source>Moving, {percent} %</source>
        <translation>正在移动，{percent}%</translation>
    </message>
    <message>
        <source>No checksum was known; it is noted now, for later checks.</source>
        <translation>此前没有校验和；现已记下，供日后校验。</translation>
    </message>
    <message>
        <source>No model on this machine yet</source>
        <translation>这台计算机上还没有模型</translation>
    </message>
    <message>
        <source>One model, {total}</source>
        <translation>1 个模型，{total}</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Prepare…</source>
        <translation>准备…</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Repaired and verified.</source>
        <translation>已修复并校验。</translation>
    </message>
    <message>
        <source>Repairing, {percent} %</source>
        <translation>正在修复，{percent}%</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>在文件夹中显示</translation>
    </message>
    <message>
        <source>Verified: it is what it must be.</source>
        <translation>已校验：与应有内容一致。</translation>
    </message>
    <message>
        <source>Verified: it is what it was on {day}.</source>
        <translation>已校验：与 {day} 时一致。</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>校验</translation>
    </message>
    <message>
        <source>Verifying, {percent} %</source>
        <translation>正在校验，{percent}%</translation>
    </message>
    <message>
        <source>Waiting for its turn</source>
        <translation>排队等候</translation>
    </message>
    <message>
        <source>from {program}</source>
        <translation>来自 {program}</translation>
    </message>
    <message>
        <source>incomplete: {count} of its files are missing</source>
        <translation>不完整：缺少 {count} 个文件</translation>
    </message>
    <message>
        <source>incomplete: {file} is missing</source>
        <translation>不完整：缺少 {file}</translation>
    </message>
    <message>
        <source>last used {day}</source>
        <translation>上次使用：{day}</translation>
    </message>
    <message>
        <source>missing: {path}</source>
        <translation>缺失：{path}</translation>
    </message>
    <message>
        <source>not all of it has been downloaded yet</source>
        <translation>尚未全部下载完成</translation>
    </message>
    <message>
        <source>{count} files</source>
        <translation>{count} 个文件</translation>
    </message>
    <message>
        <source>{count} missing or incomplete</source>
        <translation>{count} 个缺失或不完整</translation>
    </message>
    <message>
        <source>{count} models, {total}</source>
        <translation>{count} 个模型，{total}</translation>
    </message>
    <message>
        <source>{size} go to the trash, from where they can be taken back.</source>
        <translation>{size} 将移入回收站，可从中找回。</translation>
    </message>
</context>
<context>
    <name>LibraryRow</name>
    <message>
        <source>More: {name}</source>
        <translation>更多：{name}</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stop: {name}</source>
        <translation>停止：{name}</translation>
    </message>
</context>
<context>
    <name>Links</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Link</source>
        <translation>链接</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Open this link in the browser?</source>
        <translation>在浏览器中打开此链接？</translation>
    </message>
    <message>
        <source>Parley does not open links of this kind.</source>
        <translation>Parley 不打开此类链接。</translation>
    </message>
    <message>
        <source>The name of this site has unusual letters: it is {host}.</source>
        <translation>此网站的名称含有不寻常的字母：实际为 {host}。</translation>
    </message>
    <message>
        <source>The part before “@” is not the site: it leads to {host}.</source>
        <translation>“@”之前的部分不是网站：链接实际指向 {host}。</translation>
    </message>
    <message>
        <source>This site has a number instead of a name.</source>
        <translation>此网站用数字代替了名称。</translation>
    </message>
    <message>
        <source>What is sent to this site can be read by others on the way.</source>
        <translation>发送到此网站的内容可能在途中被他人读取。</translation>
    </message>
</context>
<context>
    <name>MainView</name>
    <message>
        <source>Download done</source>
        <translation>下载完成</translation>
    </message>
    <message>
        <source>Exported to {name}</source>
        <translation>已导出到 {name}</translation>
    </message>
    <message>
        <source>Delete the message or the chat</source>
        <translation>删除消息或对话</translation>
    </message>
    <message>
        <source>Edit the message, or rename the chat</source>
        <translation>编辑消息，或重命名对话</translation>
    </message>
    <message>
        <source>Go through the messages</source>
        <translation>在消息之间移动</translation>
    </message>
    <message>
        <source>Stop the reply</source>
        <translation>停止回复</translation>
    </message>
    <message>
        <source>What can be done with a message or a chat</source>
        <translation>可对消息或对话进行的操作</translation>
    </message>
    <message>
        <source>{name} is downloaded and verified.</source>
        <translation>{name} 已下载并校验。</translation>
    </message>
    <message>
        <source>{title} — Parley</source>
        <translation>{title} — Parley</translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>Archive</source>
        <translation>归档</translation>
    </message>
    <message>
        <source>As everywhere</source>
        <translation>与其他处相同</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete the folder, keep its chats</source>
        <translation>删除文件夹，保留其中的对话</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>创建副本</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>下移</translation>
    </message>
    <message>
        <source>Move into</source>
        <translation>移入</translation>
    </message>
    <message>
        <source>Move out of its folder</source>
        <translation>移出文件夹</translation>
    </message>
    <message>
        <source>Move to</source>
        <translation>移到</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>上移</translation>
    </message>
    <message>
        <source>New chat here</source>
        <translation>在此新建对话</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>新建文件夹</translation>
    </message>
    <message>
        <source>New folder inside</source>
        <translation>在其中新建文件夹</translation>
    </message>
    <message>
        <source>New folder…</source>
        <translation>新建文件夹…</translation>
    </message>
    <message>
        <source>No folder</source>
        <translation>无文件夹</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>置顶</translation>
    </message>
    <message>
        <source>Preset of its new chats</source>
        <translation>其中新对话的预设</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Take out of the archive</source>
        <translation>移出归档</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>取消置顶</translation>
    </message>
</context>
<context>
    <name>MessageEditor</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Edit the message</source>
        <translation>编辑消息</translation>
    </message>
    <message>
        <source>Its files stay attached.</source>
        <translation>其文件保持附加。</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>The old words are kept beside the new ones.</source>
        <translation>旧的内容会与新的一并保留。</translation>
    </message>
</context>
<context>
    <name>MessageMenu</name>
    <message>
        <source>Answer once more</source>
        <translation>重新回复</translation>
    </message>
    <message>
        <source>Answer with another model</source>
        <translation>换一个模型回复</translation>
    </message>
    <message>
        <source>Answer with another preset</source>
        <translation>换一个预设回复</translation>
    </message>
    <message>
        <source>Branch into a new chat</source>
        <translation>从此处另开新对话</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>续写</translation>
    </message>
    <message>
        <source>Delete from here on</source>
        <translation>从此处起全部删除</translation>
    </message>
    <message>
        <source>Delete message</source>
        <translation>删除消息</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
    <message>
        <source>Version after</source>
        <translation>后一版本</translation>
    </message>
    <message>
        <source>Version before</source>
        <translation>前一版本</translation>
    </message>
</context>
<context>
    <name>ModelButton</name>
    <message>
        <source>Answers questions about Parley and quantized models</source>
        <translation>回答有关 Parley 和量化模型的问题</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation>查找模型…</translation>
    </message>
    <message>
        <source>Load options…</source>
        <translation>加载选项…</translation>
    </message>
    <message>
        <source>Model: {name}</source>
        <translation>模型：{name}</translation>
    </message>
    <message>
        <source>Models on this machine…</source>
        <translation>本机上的模型…</translation>
    </message>
    <message>
        <source>On {server}</source>
        <translation>位于 {server}</translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation>打开 GGUF 文件…</translation>
    </message>
    <message>
        <source>Servers…</source>
        <translation>服务器…</translation>
    </message>
    <message>
        <source>Unload</source>
        <translation>卸载</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>缺失</translation>
    </message>
    <message>
        <source>on {server}</source>
        <translation>位于 {server}</translation>
    </message>
    <message>
        <source>{name} (built in)</source>
        <translation>{name}（内置）</translation>
    </message>
</context>
<context>
    <name>ModelChoice</name>
    <message>
        <source>Models in GGUF format (*.gguf *.GGUF);;All files (*)</source>
        <translation>GGUF 格式的模型 (*.gguf *.GGUF);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Open a GGUF file</source>
        <translation>打开 GGUF 文件</translation>
    </message>
</context>
<context>
    <name>ModelDesk</name>
    <message>
        <source>Import a folder of safetensors</source>
        <translation>导入 safetensors 文件夹</translation>
    </message>
</context>
<context>
    <name>ModelOptionsDialog</name>
    <message>
        <source>As many as fit</source>
        <translation>尽量多</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Automatic ({tokens})</source>
        <translation>自动 ({tokens})</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>对话模板</translation>
    </message>
    <message>
        <source>Context length, in tokens</source>
        <translation>上下文长度 (token)</translation>
    </message>
    <message>
        <source>Dynamic (NTK)</source>
        <translation>动态 (NTK)</translation>
    </message>
    <message>
        <source>Edit template…</source>
        <translation>编辑模板…</translation>
    </message>
    <message>
        <source>Flash attention</source>
        <translation>Flash Attention</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV 缓存</translation>
    </message>
    <message>
        <source>Layers on the GPU</source>
        <translation>GPU 上的层数</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>线性</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>加载</translation>
    </message>
    <message>
        <source>Load options</source>
        <translation>加载选项</translation>
    </message>
    <message>
        <source>Memory: at most {predicted} predicted, {measured} measured now.</source>
        <translation>内存：预计最多 {predicted}，现测得 {measured}。</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>关</translation>
    </message>
    <message>
        <source>On</source>
        <translation>开</translation>
    </message>
    <message>
        <source>Other machines</source>
        <translation>其他计算机</translation>
    </message>
    <message>
        <source>Position scaling</source>
        <translation>位置缩放</translation>
    </message>
    <message>
        <source>Scaling factor</source>
        <translation>缩放系数</translation>
    </message>
    <message>
        <source>The model is loaded anew with these options, and they are kept for it.</source>
        <translation>模型将按这些选项重新加载，选项会为该模型保留。</translation>
    </message>
    <message>
        <source>The model was trained on {tokens} tokens.</source>
        <translation>该模型以 {tokens} token 训练。</translation>
    </message>
    <message>
        <source>The model&apos;s own</source>
        <translation>模型自带</translation>
    </message>
    <message>
        <source>They hold a part of the model; each runs llama.cpp&apos;s rpc-server. For networks you trust alone: nothing on the way is encrypted.</source>
        <translation>它们存放模型的一部分；每台都运行 llama.cpp 的 rpc-server。仅用于您信任的网络：传输过程没有加密。</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
</context>
<context>
    <name>MoveDialog</name>
    <message>
        <source>A folder for your data</source>
        <translation>存放数据的文件夹</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>选择文件夹…</translation>
    </message>
    <message>
        <source>Chats, backups and the models in Parley&apos;s own folder move together. Everything is copied and compared first; only then the old folder is emptied. Parley closes while it works.</source>
        <translation>对话、备份以及 Parley 自有文件夹中的模型会一起移动。先全部复制并比对，之后才清空旧文件夹。期间 Parley 会关闭。</translation>
    </message>
    <message>
        <source>Keep your data in another folder</source>
        <translation>将数据存放到其他文件夹</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>移动</translation>
    </message>
    <message>
        <source>Move the data folder</source>
        <translation>移动数据文件夹</translation>
    </message>
    <message>
        <source>None chosen yet</source>
        <translation>尚未选择</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>Then</source>
        <translation>之后</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Dismiss</source>
        <translation>关闭提示</translation>
    </message>
</context>
<context>
    <name>NumberField</name>
    <message>
        <source>Never</source>
        <translation>从不</translation>
    </message>
    <message>
        <source>No limit</source>
        <translation>不限</translation>
    </message>
    <message>
        <source>minutes</source>
        <translation>分钟</translation>
    </message>
</context>
<context>
    <name>Picker</name>
    <message>
        <source>A shorter context or a smaller model may fit.</source>
        <translation>缩短上下文或换较小的模型也许可行。</translation>
    </message>
    <message>
        <source>Best here because it is the finest variant that writes fluently, though only a part of it fits on the GPU, {room}.</source>
        <translation>最适合本机：能流畅书写的变体中最精细的，尽管只有一部分可放入 GPU，{room}。</translation>
    </message>
    <message>
        <source>Best here because it is the finest variant that writes fluently, {room}.</source>
        <translation>最适合本机：能流畅书写的变体中最精细的，{room}。</translation>
    </message>
    <message>
        <source>Best here because it is the finest variant that writes fluently; it runs entirely on the GPU, {room}.</source>
        <translation>最适合本机：能流畅书写的变体中最精细的；完全在 GPU 上运行，{room}。</translation>
    </message>
    <message>
        <source>Best here because it is the quickest variant of fair quality; none answers as fast as you read. It comes {room}.</source>
        <translation>最适合本机：质量尚可的变体中最快的；没有变体的回复能跟上阅读速度。{room}。</translation>
    </message>
    <message>
        <source>Between {low} and {high} tokens per second</source>
        <translation>每秒 {low} 到 {high} token</translation>
    </message>
    <message>
        <source>Computed from the model&apos;s sizes; llama.cpp itself has not been asked.</source>
        <translation>根据模型大小计算得出；未询问 llama.cpp 本身。</translation>
    </message>
    <message>
        <source>Does not fit: it needs {missing} more than is free.</source>
        <translation>放不下：比可用内存多需 {missing}。</translation>
    </message>
    <message>
        <source>Last run: predicted {predicted}, measured {measured}.</source>
        <translation>上次运行：预计 {predicted}，实测 {measured}。</translation>
    </message>
    <message>
        <source>Runs entirely on the GPU.</source>
        <translation>完全在 GPU 上运行。</translation>
    </message>
    <message>
        <source>Runs on the CPU.</source>
        <translation>在 CPU 上运行。</translation>
    </message>
    <message>
        <source>all on GPU</source>
        <translation>全在 GPU</translation>
    </message>
    <message>
        <source>based on {model}</source>
        <translation>基于 {model}</translation>
    </message>
    <message>
        <source>by formula</source>
        <translation>按公式</translation>
    </message>
    <message>
        <source>by llama.cpp&apos;s plan for another length</source>
        <translation>按 llama.cpp 对其他长度的规划</translation>
    </message>
    <message>
        <source>gated</source>
        <translation>需申请</translation>
    </message>
    <message>
        <source>licence unknown</source>
        <translation>许可证未知</translation>
    </message>
    <message>
        <source>llama.cpp has planned this variant at another context length; a formula follows the context from there.</source>
        <translation>llama.cpp 曾按其他上下文长度规划过此变体；再由公式按上下文推算。</translation>
    </message>
    <message>
        <source>llama.cpp has planned this very variant at this context length, without loading it.</source>
        <translation>llama.cpp 已按此上下文长度规划过此变体，并未加载。</translation>
    </message>
    <message>
        <source>measured by llama.cpp</source>
        <translation>由 llama.cpp 测得</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>on the CPU</source>
        <translation>在 CPU</translation>
    </message>
    <message>
        <source>partly on the GPU</source>
        <translation>部分在 GPU</translation>
    </message>
    <message>
        <source>private</source>
        <translation>私有</translation>
    </message>
    <message>
        <source>size unknown</source>
        <translation>大小未知</translation>
    </message>
    <message>
        <source>the Hugging Face cache</source>
        <translation>Hugging Face 缓存</translation>
    </message>
    <message>
        <source>too large here</source>
        <translation>本机放不下</translation>
    </message>
    <message>
        <source>with room for a chat of {tokens} tokens</source>
        <translation>可容纳 {tokens} token 的对话</translation>
    </message>
    <message>
        <source>{best} fits.</source>
        <translation>{best} 放得下。</translation>
    </message>
    <message>
        <source>{best} would be {times} times as fast.</source>
        <translation>{best} 的速度会是其 {times} 倍。</translation>
    </message>
    <message>
        <source>{best} would read better.</source>
        <translation>{best} 的文字质量更好。</translation>
    </message>
    <message>
        <source>{count} downloads</source>
        <translation>{count} 次下载</translation>
    </message>
    <message>
        <source>{name} licence</source>
        <translation>许可证：{name}</translation>
    </message>
    <message>
        <source>{name} would read better but does not fit.</source>
        <translation>{name} 的文字质量更好，但放不下。</translation>
    </message>
    <message>
        <source>{name} would read better but run at {percent} % of the speed.</source>
        <translation>{name} 的文字质量更好，但速度只有 {percent}%。</translation>
    </message>
    <message>
        <source>{name}: {total}, {free} free</source>
        <translation>{name}：{total}，可用 {free}</translation>
    </message>
    <message>
        <source>{total} of memory, shared with the GPU, {free} free</source>
        <translation>{total} 内存，与 GPU 共享，可用 {free}</translation>
    </message>
    <message>
        <source>{total} of memory, {free} free</source>
        <translation>{total} 内存，可用 {free}</translation>
    </message>
    <message>
        <source>{part} of {all} layers</source>
        <translation>{all} 层中的 {part} 层</translation>
    </message>
    <message>
        <source>{part} of {all} layers fit on the GPU; the others run on the CPU.</source>
        <translation>{all} 层中有 {part} 层可放入 GPU；其余在 CPU 上运行。</translation>
    </message>
    <message>
        <source>{repo}: about {need} at four bits per weight, {place}</source>
        <translation>{repo}：每权重 4 位时约 {need}，{place}</translation>
    </message>
    <message>
        <source>{tokens} tokens · about a page</source>
        <translation>{tokens} token · 约一页</translation>
    </message>
    <message>
        <source>{tokens} tokens · about {pages} pages</source>
        <translation>{tokens} token · 约 {pages} 页</translation>
    </message>
    <message>
        <source>~{rate} tok/s</source>
        <translation>~{rate} token/s</translation>
    </message>
</context>
<context>
    <name>PickerDialog</name>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Looking at this machine…</source>
        <translation>正在检查本机…</translation>
    </message>
</context>
<context>
    <name>PreparationRow</name>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Reading the checkpoint</source>
        <translation>正在读取检查点</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stopped. What was done is kept, and so is the original.</source>
        <translation>已停止。已完成的部分和原始文件都会保留。</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>The original is kept.</source>
        <translation>原始文件会保留。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Waiting to be prepared</source>
        <translation>等待准备</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} / {total}</translation>
    </message>
    <message>
        <source>{rate}/s</source>
        <translation>{rate}/s</translation>
    </message>
    <message>
        <source>{size}, prepared and verified; the original is kept</source>
        <translation>{size}，已准备并校验；保留原始文件</translation>
    </message>
    <message>
        <source>{size}, prepared and verified; the original is removed</source>
        <translation>{size}，已准备并校验；已移除原始文件</translation>
    </message>
</context>
<context>
    <name>Prepare</name>
    <message>
        <source>From</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Hashing the original</source>
        <translation>正在计算原始文件的校验和</translation>
    </message>
    <message>
        <source>It cannot continue a reply that was begun</source>
        <translation>不能续写已开始的回复</translation>
    </message>
    <message>
        <source>It cannot render a chat without a system message</source>
        <translation>不能渲染没有系统消息的对话</translation>
    </message>
    <message>
        <source>It cannot render an empty message</source>
        <translation>不能渲染空消息</translation>
    </message>
    <message>
        <source>It cannot render two turns with a system message</source>
        <translation>不能渲染带系统消息的两轮对话</translation>
    </message>
    <message>
        <source>It changes text that looks like a special token</source>
        <translation>会改动形似特殊 token 的文本</translation>
    </message>
    <message>
        <source>It shows the model no tools</source>
        <translation>不向模型提供工具</translation>
    </message>
    <message>
        <source>Made of</source>
        <translation>来自</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Neither the model nor its card has one; the load options offer some.</source>
        <translation>模型及其模型卡都没有；加载选项中有可选的。</translation>
    </message>
    <message>
        <source>Of some the act-order is undone without loss, so they stay {type}.</source>
        <translation>其中一些的 act-order 可无损还原，仍为 {type}。</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原始文件</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>准备中</translation>
    </message>
    <message>
        <source>Prompt template</source>
        <translation>提示词模板</translation>
    </message>
    <message>
        <source>Reading the checkpoint</source>
        <translation>正在读取检查点</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>张量</translation>
    </message>
    <message>
        <source>The levels of {source} are stored at 8 bits ({type}), {growth} larger.</source>
        <translation>{source} 的量化级以 8 位存储 ({type})，增大 {growth}。</translation>
    </message>
    <message>
        <source>The model card asks for dynamic rope scaling; set it in the load options.</source>
        <translation>模型卡要求动态 RoPE 缩放；请在加载选项中设置。</translation>
    </message>
    <message>
        <source>The model&apos;s own.</source>
        <translation>模型自带。</translation>
    </message>
    <message>
        <source>The one that the model card describes; the load options offer others.</source>
        <translation>模型卡所述的模板；加载选项中有其他可选。</translation>
    </message>
    <message>
        <source>The parts for other media than text are left out.</source>
        <translation>省略文本以外媒体的部分。</translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation>校验中</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>发生了什么</translation>
    </message>
    <message>
        <source>Without loss</source>
        <translation>无损</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>{count} tokens without a row in the embedding are left out.</source>
        <translation>省略嵌入中没有对应行的 {count} 个 token。</translation>
    </message>
    <message>
        <source>{repo} at {commit}</source>
        <translation>{repo}，提交 {commit}</translation>
    </message>
    <message>
        <source>{size} from {original}</source>
        <translation>{size}，来自 {original}</translation>
    </message>
    <message>
        <source>{source} are decoded and stored as {type}.</source>
        <translation>{source} 解码后以 {type} 存储。</translation>
    </message>
    <message>
        <source>{source} are kept as {type}; only offsets are rounded, to 16 bits.</source>
        <translation>{source} 保留为 {type}；仅偏移量舍入到 16 位。</translation>
    </message>
    <message>
        <source>{source} are kept exactly, as {type}.</source>
        <translation>{source} 精确保留为 {type}。</translation>
    </message>
    <message>
        <source>{source} is kept as {type}; only scales are rounded, to 16 bits.</source>
        <translation>{source} 保留为 {type}；仅缩放因子舍入到 16 位。</translation>
    </message>
    <message>
        <source>{source} is kept as {type}; only values below 0.00001 are rounded.</source>
        <translation>{source} 保留为 {type}；仅小于 0.00001 的值被舍入。</translation>
    </message>
    <message>
        <source>{source} is kept exactly, as {type}.</source>
        <translation>{source} 精确保留为 {type}。</translation>
    </message>
    <message>
        <source>{source} is quantized to {type}.</source>
        <translation>{source} 量化为 {type}。</translation>
    </message>
    <message>
        <source>{source} is rounded to {type}.</source>
        <translation>{source} 舍入为 {type}。</translation>
    </message>
    <message>
        <source>{source} whose width is no multiple of 32 is stored as {type}.</source>
        <translation>宽度不是 32 的倍数的 {source} 以 {type} 存储。</translation>
    </message>
    <message>
        <source>{source} with act-order are stored at 8 bits ({type}), {growth} larger.</source>
        <translation>带 act-order 的 {source} 以 8 位存储 ({type})，增大 {growth}。</translation>
    </message>
</context>
<context>
    <name>PrepareBar</name>
    <message>
        <source>Keep {type}</source>
        <translation>保留 {type}</translation>
    </message>
    <message>
        <source>Make {type}</source>
        <translation>转为 {type}</translation>
    </message>
    <message>
        <source>Parley makes a GGUF model of {size} of it.</source>
        <translation>Parley 会由此生成 {size} 的 GGUF 模型。</translation>
    </message>
    <message>
        <source>Prepare as</source>
        <translation>准备为</translation>
    </message>
    <message>
        <source>Remove the original once the result is verified</source>
        <translation>结果校验后移除原始文件</translation>
    </message>
</context>
<context>
    <name>PresetButton</name>
    <message>
        <source>Edit presets…</source>
        <translation>编辑预设…</translation>
    </message>
    <message>
        <source>Its values…</source>
        <translation>填写内容…</translation>
    </message>
    <message>
        <source>No preset</source>
        <translation>无预设</translation>
    </message>
    <message>
        <source>Preset: {name}</source>
        <translation>预设：{name}</translation>
    </message>
</context>
<context>
    <name>PresetChooser</name>
    <message>
        <source>“{name}” from the next reply on</source>
        <translation>从下一条回复起使用“{name}”</translation>
    </message>
</context>
<context>
    <name>PresetEditor</name>
    <message>
        <source>Exported to {name}</source>
        <translation>已导出到 {name}</translation>
    </message>
    <message>
        <source>New preset</source>
        <translation>新建预设</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Revert</source>
        <translation>还原</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>These presets are here already.</source>
        <translation>这些预设已经存在。</translation>
    </message>
</context>
<context>
    <name>PresetForm</name>
    <message>
        <source>All that fits</source>
        <translation>尽量多</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>回答</translation>
    </message>
    <message>
        <source>Answer at once</source>
        <translation>直接回答</translation>
    </message>
    <message>
        <source>As the model does</source>
        <translation>由模型决定</translation>
    </message>
    <message>
        <source>Asked for at the start: {names}.</source>
        <translation>开始时询问：{names}。</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>对话模板</translation>
    </message>
    <message>
        <source>Description</source>
        <translation>描述</translation>
    </message>
    <message>
        <source>Filled in by itself: {names}. Any other name in double braces is asked for.</source>
        <translation>自动填入：{names}。双花括号中的其他名称会向您询问。</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>频率惩罚</translation>
    </message>
    <message>
        <source>Longest reply</source>
        <translation>回复最长</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>No limit</source>
        <translation>不限</translation>
    </message>
    <message>
        <source>One on each line; \n is a line break</source>
        <translation>每行一个；\n 表示换行</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>存在惩罚</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>Reads at most</source>
        <translation>最多读取</translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation>思考</translation>
    </message>
    <message>
        <source>Repeat penalty</source>
        <translation>重复惩罚</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Stop at</source>
        <translation>停止于</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>The model&apos;s own</source>
        <translation>模型自带</translation>
    </message>
    <message>
        <source>Think first</source>
        <translation>先思考</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>token</translation>
    </message>
</context>
<context>
    <name>PresetListPane</name>
    <message>
        <source>Begin new chats with it</source>
        <translation>新对话默认使用</translation>
    </message>
    <message>
        <source>Bring back Parley&apos;s own</source>
        <translation>恢复 Parley 自带预设</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>创建副本</translation>
    </message>
    <message>
        <source>Export all…</source>
        <translation>全部导出…</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>导入…</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>下移</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>上移</translation>
    </message>
    <message>
        <source>New preset</source>
        <translation>新建预设</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>{name} (new chats)</source>
        <translation>{name} (新对话)</translation>
    </message>
</context>
<context>
    <name>PresetQuestions</name>
    <message>
        <source>Chats that use it keep what they have.</source>
        <translation>使用它的对话保持不变。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete “{name}”?</source>
        <translation>删除“{name}”？</translation>
    </message>
    <message>
        <source>Export presets</source>
        <translation>导出预设</translation>
    </message>
    <message>
        <source>Give up</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Import presets</source>
        <translation>导入预设</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>New chats begin with “{name}” then.</source>
        <translation>之后新对话将以“{name}”开始。</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Save them, or give them up?</source>
        <translation>保存还是放弃？</translation>
    </message>
    <message>
        <source>Some changes are not saved.</source>
        <translation>有更改尚未保存。</translation>
    </message>
</context>
<context>
    <name>Presets</name>
    <message>
        <source>Careful</source>
        <translation>谨慎</translation>
    </message>
    <message>
        <source>Coding</source>
        <translation>编程</translation>
    </message>
    <message>
        <source>Concise</source>
        <translation>简洁</translation>
    </message>
    <message>
        <source>Drafts and better sentences, in your own voice.</source>
        <translation>起草与润色，保持您自己的风格。</translation>
    </message>
    <message>
        <source>Everything you send, in the language you choose.</source>
        <translation>将您发送的一切译成所选语言。</translation>
    </message>
    <message>
        <source>General</source>
        <translation>通用</translation>
    </message>
    <message>
        <source>Helpful, honest and respectful, as the Llama 2 cards advise.</source>
        <translation>乐于助人、诚实、尊重，遵循 Llama 2 模型卡的建议。</translation>
    </message>
    <message>
        <source>Programs that run, and why they are as they are.</source>
        <translation>能运行的程序，以及为何如此编写。</translation>
    </message>
    <message>
        <source>Step by step, with questions that let you find it yourself.</source>
        <translation>循序渐进，用提问引导您自己找到答案。</translation>
    </message>
    <message>
        <source>The answer, and nothing else.</source>
        <translation>只给答案，别无其他。</translation>
    </message>
    <message>
        <source>The model as it is, with no instructions of ours.</source>
        <translation>模型本来的样子，不附加任何指令。</translation>
    </message>
    <message>
        <source>Translate</source>
        <translation>翻译</translation>
    </message>
    <message>
        <source>Tutor</source>
        <translation>辅导</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>写作</translation>
    </message>
</context>
<context>
    <name>PreviewPane</name>
    <message>
        <source>Hello!</source>
        <translation>你好！</translation>
    </message>
    <message>
        <source>Load the model to have its tokens counted.</source>
        <translation>加载模型后即可统计 token 数。</translation>
    </message>
    <message>
        <source>Template: {name}.</source>
        <translation>模板：{name}。</translation>
    </message>
    <message>
        <source>What the model sees</source>
        <translation>模型看到的内容</translation>
    </message>
    <message>
        <source>the model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>{count} tokens.</source>
        <translation>{count} token。</translation>
    </message>
</context>
<context>
    <name>Problems</name>
    <message>
        <source>Choose another…</source>
        <translation>另选…</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation>查找模型…</translation>
    </message>
    <message>
        <source>Find one that fits…</source>
        <translation>查找适合的模型…</translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation>打开 GGUF 文件…</translation>
    </message>
    <message>
        <source>Restore a backup…</source>
        <translation>恢复备份…</translation>
    </message>
    <message>
        <source>Save what can be read</source>
        <translation>抢救可读内容</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
</context>
<context>
    <name>ProgressStrip</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Loading {model}</source>
        <translation>正在加载 {model}</translation>
    </message>
    <message>
        <source>Reading the chat</source>
        <translation>正在读取对话</translation>
    </message>
    <message>
        <source>{done} of {total} tokens</source>
        <translation>{done} / {total} token</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent}%</translation>
    </message>
</context>
<context>
    <name>ReadingDesk</name>
    <message>
        <source>As the model reads it.</source>
        <translation>模型读到的样子。</translation>
    </message>
    <message>
        <source>Details…</source>
        <translation>详细信息…</translation>
    </message>
    <message>
        <source>Pin into the context</source>
        <translation>固定到上下文</translation>
    </message>
    <message>
        <source>The model sees a pinned message, with its turn, however long the chat becomes.</source>
        <translation>无论对话多长，模型都会看到固定的消息及其所在的一轮。</translation>
    </message>
    <message>
        <source>Unpin from the context</source>
        <translation>从上下文取消固定</translation>
    </message>
</context>
<context>
    <name>ReadingPane</name>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>Printed</source>
        <translation>已打印</translation>
    </message>
    <message>
        <source>Save the code</source>
        <translation>保存代码</translation>
    </message>
    <message>
        <source>Saved</source>
        <translation>已保存</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent}%</translation>
    </message>
</context>
<context>
    <name>Recommended</name>
    <message>
        <source>A good all-round model for 16 GB of memory, or a graphics card with 8 GB.</source>
        <translation>适合 16 GB 内存或 8 GB 显卡的全能模型。</translation>
    </message>
    <message>
        <source>A mixture of experts: as quick as a small model, with the knowledge of a large one.</source>
        <translation>混合专家模型：像小模型一样快，拥有大模型的知识。</translation>
    </message>
    <message>
        <source>Close to what the large services offer, for a workstation with 96 GB of memory or more.</source>
        <translation>接近大型服务的水平，适合 96 GB 以上内存的工作站。</translation>
    </message>
    <message>
        <source>Knows more and writes better; fits a graphics card with 12 GB.</source>
        <translation>知识更多，文笔更好；适合 12 GB 显卡。</translation>
    </message>
    <message>
        <source>Quick on any machine, and good enough for short texts and simple questions.</source>
        <translation>在任何电脑上都很快，足以应付短文和简单问题。</translation>
    </message>
    <message>
        <source>The best for a machine with 8 GB of memory: reasons well for its size.</source>
        <translation>8 GB 内存电脑的最佳选择：以其大小而言推理出色。</translation>
    </message>
    <message>
        <source>The smallest that still holds a conversation; answers at once, even on an old laptop.</source>
        <translation>仍能进行对话的最小模型；在旧笔记本上也能立即回复。</translation>
    </message>
    <message>
        <source>Thorough answers on a graphics card with 24 GB.</source>
        <translation>在 24 GB 显卡上给出周全的回复。</translation>
    </message>
    <message>
        <source>Uses 3 of its 30 billion weights at a time: quick even without a graphics card, given 32 GB of memory.</source>
        <translation>每次只用 300 亿权重中的 30 亿：有 32 GB 内存时，没有显卡也很快。</translation>
    </message>
</context>
<context>
    <name>ReplyColumn</name>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Go on with the reply of {name}</source>
        <translation>以 {name} 的回复继续</translation>
    </message>
    <message>
        <source>Go on with this one</source>
        <translation>以此继续</translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation>正在加载模型…</translation>
    </message>
    <message>
        <source>Reading the prompt…</source>
        <translation>正在读取提示词…</translation>
    </message>
    <message>
        <source>Reply of {name}</source>
        <translation>{name} 的回复</translation>
    </message>
    <message>
        <source>Reply of {name}, differences marked</source>
        <translation>{name} 的回复，已标出差异</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Waits</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>Writing…</source>
        <translation>正在书写…</translation>
    </message>
</context>
<context>
    <name>RepoList</name>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
</context>
<context>
    <name>RepoView</name>
    <message>
        <source>Choose a model at the left</source>
        <translation>请在左侧选择模型</translation>
    </message>
    <message>
        <source>Enter a token…</source>
        <translation>输入访问令牌…</translation>
    </message>
    <message>
        <source>Nothing in here is a model that Parley knows</source>
        <translation>其中没有 Parley 认识的模型</translation>
    </message>
    <message>
        <source>Open its page…</source>
        <translation>打开其页面…</translation>
    </message>
    <message>
        <source>Reading the repo</source>
        <translation>正在读取仓库</translation>
    </message>
    <message>
        <source>Reading {repo}</source>
        <translation>正在读取 {repo}</translation>
    </message>
    <message>
        <source>See its variants</source>
        <translation>查看变体</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>{name} suits this machine</source>
        <translation>{name} 适合本机</translation>
    </message>
</context>
<context>
    <name>Report</name>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
</context>
<context>
    <name>Reveal</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>This system has no program that opens folders.</source>
        <translation>此系统没有可打开文件夹的程序。</translation>
    </message>
</context>
<context>
    <name>RowDelegate</name>
    <message>
        <source>Name of the folder</source>
        <translation>文件夹名称</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
</context>
<context>
    <name>ScrolledDocument</name>
    <message>
        <source>Jump to latest</source>
        <translation>跳到最新</translation>
    </message>
</context>
<context>
    <name>SearchBar</name>
    <message>
        <source>Any format</source>
        <translation>任何格式</translation>
    </message>
    <message>
        <source>Author</source>
        <translation>作者</translation>
    </message>
    <message>
        <source>Fits here</source>
        <translation>适合本机</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Most downloads</source>
        <translation>下载最多</translation>
    </message>
    <message>
        <source>Most likes</source>
        <translation>点赞最多</translation>
    </message>
    <message>
        <source>Newest</source>
        <translation>最新</translation>
    </message>
    <message>
        <source>Search models, or paste owner/name or a page&apos;s address</source>
        <translation>搜索模型，或粘贴 owner/name 或页面地址</translation>
    </message>
    <message>
        <source>Sort</source>
        <translation>排序</translation>
    </message>
</context>
<context>
    <name>SearchFilters</name>
    <message>
        <source>30 days</source>
        <translation>30 天</translation>
    </message>
    <message>
        <source>7 days</source>
        <translation>7 天</translation>
    </message>
    <message>
        <source>Any folder</source>
        <translation>任何文件夹</translation>
    </message>
    <message>
        <source>Any model</source>
        <translation>任何模型</translation>
    </message>
    <message>
        <source>Any time</source>
        <translation>任何时间</translation>
    </message>
    <message>
        <source>Anyone</source>
        <translation>任何人</translation>
    </message>
    <message>
        <source>In which folder</source>
        <translation>在哪个文件夹</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>One year</source>
        <translation>一年</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>When it was written</source>
        <translation>写于何时</translation>
    </message>
    <message>
        <source>Which model wrote it</source>
        <translation>由哪个模型所写</translation>
    </message>
    <message>
        <source>Who wrote it</source>
        <translation>由谁所写</translation>
    </message>
    <message>
        <source>You</source>
        <translation>您</translation>
    </message>
</context>
<context>
    <name>SearchPanel</name>
    <message>
        <source>1 place</source>
        <translation>1 处</translation>
    </message>
    <message>
        <source>Found in your chats</source>
        <translation>在您的对话中找到</translation>
    </message>
    <message>
        <source>Nothing says “{text}” within these limits.</source>
        <translation>在这些条件下没有找到“{text}”。</translation>
    </message>
    <message>
        <source>Nothing says “{text}”. Parley looks for the beginnings of words.</source>
        <translation>没有找到“{text}”。Parley 按词首匹配。</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>正在搜索…</translation>
    </message>
    <message>
        <source>The best {count} places</source>
        <translation>最佳的 {count} 处</translation>
    </message>
    <message>
        <source>The search did not succeed.</source>
        <translation>搜索未成功。</translation>
    </message>
    <message>
        <source>{count} places</source>
        <translation>{count} 处</translation>
    </message>
</context>
<context>
    <name>Sending</name>
    <message>
        <source> (the beginning)</source>
        <translation> (开头部分)</translation>
    </message>
    <message>
        <source>Load with {tokens} tokens</source>
        <translation>以 {tokens} token 加载</translation>
    </message>
    <message>
        <source>Remove the files</source>
        <translation>移除文件</translation>
    </message>
    <message>
        <source>Send only the beginning</source>
        <translation>只发送开头</translation>
    </message>
</context>
<context>
    <name>ServerCard</name>
    <message>
        <source>Asking…</source>
        <translation>正在询问…</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>更改…</translation>
    </message>
    <message>
        <source>It answered in {milliseconds} ms.</source>
        <translation>{milliseconds} 毫秒内应答。</translation>
    </message>
    <message>
        <source>It lists no models; their names can be entered under “Change…”.</source>
        <translation>它没有列出模型；可在“更改…”中输入模型名称。</translation>
    </message>
    <message>
        <source>Models: {names}</source>
        <translation>模型：{names}</translation>
    </message>
    <message>
        <source>Models: {names}, and {more} more</source>
        <translation>模型：{names}，另有 {more} 个</translation>
    </message>
    <message>
        <source>Not asked yet.</source>
        <translation>尚未询问。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Test</source>
        <translation>测试</translation>
    </message>
</context>
<context>
    <name>ServerForm</name>
    <message>
        <source> seconds of silence</source>
        <translation> 秒无应答</translation>
    </message>
    <message>
        <source>Add a server</source>
        <translation>添加服务器</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Any server that speaks the OpenAI API: vLLM, llama-server, Ollama, LM Studio.</source>
        <translation>任何支持 OpenAI API 的服务器：vLLM、llama-server、Ollama、LM Studio。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Certificates</source>
        <translation>证书</translation>
    </message>
    <message>
        <source>Certificates (*.pem *.crt *.cer);;All files (*)</source>
        <translation>证书 (*.pem *.crt *.cer);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Change a server</source>
        <translation>更改服务器</translation>
    </message>
    <message>
        <source>Choose a file of certificates</source>
        <translation>选择证书文件</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Forget the key</source>
        <translation>忘记密钥</translation>
    </message>
    <message>
        <source>Give up after</source>
        <translation>放弃等待</translation>
    </message>
    <message>
        <source>Kept; a new one takes its place</source>
        <translation>已保存；新密钥将取代它</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>None, if the server asks for none</source>
        <translation>若服务器不要求则留空</translation>
    </message>
    <message>
        <source>Only what the server does not list, with commas between</source>
        <translation>仅填写服务器未列出的模型，用逗号分隔</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>The key goes to this server alone, and is in no log and no database.</source>
        <translation>密钥只发送给此服务器，不写入任何日志或数据库。</translation>
    </message>
    <message>
        <source>The key goes to this server alone; it is kept in the system&apos;s keyring.</source>
        <translation>密钥只发送给此服务器；保存在系统密钥环中。</translation>
    </message>
    <message>
        <source>The key goes to this server alone; without a keyring it is in a file only you can read.</source>
        <translation>密钥只发送给此服务器；没有密钥环时保存在只有您能读取的文件中。</translation>
    </message>
    <message>
        <source>The system&apos;s certificates only</source>
        <translation>仅使用系统证书</translation>
    </message>
    <message>
        <source>Workstation</source>
        <translation>工作站</translation>
    </message>
</context>
<context>
    <name>ServersDialog</name>
    <message>
        <source>Add a server…</source>
        <translation>添加服务器…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Models can also run on other machines. Choose one in the model&apos;s menu; Parley asks before the first message of a chat leaves this machine.</source>
        <translation>模型也可在其他机器上运行。请在模型菜单中选择；对话的第一条消息离开本机之前，Parley 会先询问。</translation>
    </message>
    <message>
        <source>Servers</source>
        <translation>服务器</translation>
    </message>
    <message>
        <source>There are none yet.</source>
        <translation>暂无。</translation>
    </message>
</context>
<context>
    <name>SettingRow</name>
    <message>
        <source>Back to the default: {title}</source>
        <translation>恢复默认：{title}</translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>A file in PEM format with authorities to trust besides the system&apos;s.</source>
        <translation>PEM 格式的文件，其中的证书颁发机构在系统之外也受信任。</translation>
    </message>
    <message>
        <source>A mirror of huggingface.co, such as https://hub.example.org. Empty means the Hub itself.</source>
        <translation>huggingface.co 的镜像，例如 https://hub.example.org。留空即 Hub 本身。</translation>
    </message>
    <message>
        <source>Address of the Hub</source>
        <translation>Hub 地址</translation>
    </message>
    <message>
        <source>After a first answer the model is asked for a title while it is idle. Otherwise the first words stay.</source>
        <translation>首次回复之后，模型空闲时会为对话起标题。否则保留开头的文字。</translation>
    </message>
    <message>
        <source>Answer once more</source>
        <translation>重新回复</translation>
    </message>
    <message>
        <source>Attach files</source>
        <translation>附加文件</translation>
    </message>
    <message>
        <source>Certificates</source>
        <translation>证书</translation>
    </message>
    <message>
        <source>Comfortable</source>
        <translation>舒适</translation>
    </message>
    <message>
        <source>Compact</source>
        <translation>紧凑</translation>
    </message>
    <message>
        <source>Compare models or presets</source>
        <translation>比较模型或预设</translation>
    </message>
    <message>
        <source>Copy the last reply</source>
        <translation>复制最后一条回复</translation>
    </message>
    <message>
        <source>Ctrl+Enter</source>
        <translation>Ctrl+Enter</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Density</source>
        <translation>界面密度</translation>
    </message>
    <message>
        <source>Deutsch</source>
        <translation>Deutsch</translation>
    </message>
    <message>
        <source>Download speed limit</source>
        <translation>下载限速</translation>
    </message>
    <message>
        <source>English</source>
        <translation>English</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Enter</translation>
    </message>
    <message>
        <source>Find a model</source>
        <translation>查找模型</translation>
    </message>
    <message>
        <source>Find the next place</source>
        <translation>查找下一处</translation>
    </message>
    <message>
        <source>Find the place before</source>
        <translation>查找上一处</translation>
    </message>
    <message>
        <source>Find words in the chat</source>
        <translation>在对话中查找</translation>
    </message>
    <message>
        <source>Folders for models</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>Follow the system, or always use one.</source>
        <translation>跟随系统，或始终使用其中一种。</translation>
    </message>
    <message>
        <source>Free the memory when idle</source>
        <translation>空闲时释放内存</translation>
    </message>
    <message>
        <source>How a new chat begins, unless its folder has a preset of its own.</source>
        <translation>新对话如何开始；其文件夹另有预设时除外。</translation>
    </message>
    <message>
        <source>How much room buttons, fields and menus take.</source>
        <translation>按钮、输入框和菜单占用多少空间。</translation>
    </message>
    <message>
        <source>In the window: nothing of them is written to disk. A chat that begins in a folder is kept.</source>
        <translation>在窗口中：其任何内容都不会写入磁盘。在文件夹中开始的对话会保留。</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Larger text in the chat</source>
        <translation>放大对话文字</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Look for newer versions</source>
        <translation>查找新版本</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>New chats are temporary</source>
        <translation>新对话为临时对话</translation>
    </message>
    <message>
        <source>New models go into the first one. Without any, they go into Parley&apos;s own folder.</source>
        <translation>新模型存入第一个。没有时存入 Parley 自有文件夹。</translation>
    </message>
    <message>
        <source>New temporary chat</source>
        <translation>新建临时对话</translation>
    </message>
    <message>
        <source>Of all downloads together; 0 means none.</source>
        <translation>所有下载合计；0 表示不限。</translation>
    </message>
    <message>
        <source>Of everything in the window, compared with the system&apos;s.</source>
        <translation>窗口中所有文字，相对于系统大小。</translation>
    </message>
    <message>
        <source>Once a day Parley asks the address that came with it. Nothing is sent but the request, which names the version that runs here; nothing is installed before you say so.</source>
        <translation>Parley 每天向随程序附带的地址询问一次。除了注明当前版本的请求之外，不发送任何内容；未经您同意不会安装任何东西。</translation>
    </message>
    <message>
        <source>Open a GGUF file</source>
        <translation>打开 GGUF 文件</translation>
    </message>
    <message>
        <source>Open the last chat at the start</source>
        <translation>启动时打开上次的对话</translation>
    </message>
    <message>
        <source>Otherwise Parley begins with a new one.</source>
        <translation>否则 Parley 以新对话开始。</translation>
    </message>
    <message>
        <source>Parley asks no server for anything: no search, no downloads. Running downloads pause.</source>
        <translation>Parley 不联系任何服务器：不搜索，不下载。正在进行的下载会暂停。</translation>
    </message>
    <message>
        <source>Preset of new chats</source>
        <translation>新对话的预设</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Print the chat</source>
        <translation>打印对话</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>代理</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Reduce motion</source>
        <translation>减少动态效果</translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation>搜索对话</translation>
    </message>
    <message>
        <source>Send with</source>
        <translation>发送方式</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Show the shortcuts</source>
        <translation>显示快捷键</translation>
    </message>
    <message>
        <source>Smaller text in the chat</source>
        <translation>缩小对话文字</translation>
    </message>
    <message>
        <source>Such as http://name:3128. Empty means the system&apos;s. Never used for addresses on this machine.</source>
        <translation>例如 http://name:3128。留空即使用系统代理。本机地址从不使用代理。</translation>
    </message>
    <message>
        <source>Take back the last deletion</source>
        <translation>撤销上次删除</translation>
    </message>
    <message>
        <source>Text in the chat as large as elsewhere</source>
        <translation>对话文字恢复常规大小</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>文字大小</translation>
    </message>
    <message>
        <source>The other one starts a new line.</source>
        <translation>另一种用于换行。</translation>
    </message>
    <message>
        <source>The text cursor does not blink, and menus and hints appear without sliding or fading.</source>
        <translation>光标不闪烁；菜单和提示直接出现，没有滑动或淡入。</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Titles by the model</source>
        <translation>由模型起标题</translation>
    </message>
    <message>
        <source>Unload the model after so many minutes without a reply; the next message loads it again. 0 means never.</source>
        <translation>若这么多分钟内没有回复，则卸载模型；下一条消息会重新加载。0 表示从不。</translation>
    </message>
    <message>
        <source>What {{user}} in a preset becomes. It stays on this machine.</source>
        <translation>预设中的 {{user}} 会替换为此内容。它只保存在本机。</translation>
    </message>
    <message>
        <source>Work offline</source>
        <translation>离线工作</translation>
    </message>
    <message>
        <source>Your name</source>
        <translation>您的名字</translation>
    </message>
    <message>
        <source>简体中文</source>
        <translation>简体中文</translation>
    </message>
</context>
<context>
    <name>SettingsButton</name>
    <message>
        <source>Open settings…</source>
        <translation>打开设置…</translation>
    </message>
</context>
<context>
    <name>SettingsDesk</name>
    <message>
        <source>A copy of all chats is made every day. Go back to one, or make one now.</source>
        <translation>每天为所有对话制作一份副本。可回到其中一份，或立即制作。</translation>
    </message>
    <message>
        <source>As JSON with everything, as Markdown, as web pages or as PDFs, in one file.</source>
        <translation>导出为包含全部内容的 JSON、Markdown、网页或 PDF，合为一个文件。</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>备份</translation>
    </message>
    <message>
        <source>Backups…</source>
        <translation>备份…</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>数据文件夹</translation>
    </message>
    <message>
        <source>Edit presets…</source>
        <translation>编辑预设…</translation>
    </message>
    <message>
        <source>Export all chats</source>
        <translation>导出所有对话</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>From Parley, ChatGPT, Claude, Open WebUI, LM Studio, Jan or GPT4All.</source>
        <translation>来自 Parley、ChatGPT、Claude、Open WebUI、LM Studio、Jan 或 GPT4All。</translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation>导入对话</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>导入…</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Models on this machine</source>
        <translation>本机上的模型</translation>
    </message>
    <message>
        <source>Move…</source>
        <translation>移动…</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Settings file</source>
        <translation>设置文件</translation>
    </message>
    <message>
        <source>Show…</source>
        <translation>显示…</translation>
    </message>
    <message>
        <source>System prompts with their own sampling: make, change, share.</source>
        <translation>自带采样参数的系统提示词：新建、修改、分享。</translation>
    </message>
    <message>
        <source>What lies in these folders, and what other programs have.</source>
        <translation>这些文件夹中的内容，以及其他程序拥有的模型。</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>No setting speaks of “{words}”.</source>
        <translation>没有设置提到“{words}”。</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>页面</translation>
    </message>
    <message>
        <source>Search settings</source>
        <translation>搜索设置</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
</context>
<context>
    <name>SettingsPages</name>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Behaviour</source>
        <translation>行为</translation>
    </message>
    <message>
        <source>Counts for what is searched or downloaded from then on.</source>
        <translation>对此后的搜索和下载生效。</translation>
    </message>
    <message>
        <source>Counts from the next start on.</source>
        <translation>下次启动时生效。</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Downloads and network</source>
        <translation>下载与网络</translation>
    </message>
    <message>
        <source>Models and folders</source>
        <translation>模型与文件夹</translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation>隐私</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>快捷键</translation>
    </message>
</context>
<context>
    <name>ShelfPanel</name>
    <message>
        <source>Back to the chats</source>
        <translation>返回对话</translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>Chats</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>归档</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>新建文件夹</translation>
    </message>
    <message>
        <source>Nothing in it</source>
        <translation>空</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>已置顶</translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation>过去 7 天</translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation>搜索对话</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Show more</source>
        <translation>显示更多</translation>
    </message>
    <message>
        <source>The archive is empty. Chats that you archive are out of the way here, and found by search.</source>
        <translation>归档为空。归档的对话收在这里，仍可通过搜索找到。</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>回收站</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>Your chats will be listed here.</source>
        <translation>您的对话会列在这里。</translation>
    </message>
</context>
<context>
    <name>SidebarDesk</name>
    <message>
        <source>Archived</source>
        <translation>已归档</translation>
    </message>
    <message>
        <source>Folder deleted; its chats are kept</source>
        <translation>已删除文件夹；对话已保留</translation>
    </message>
    <message>
        <source>Folder moved</source>
        <translation>已移动文件夹</translation>
    </message>
    <message>
        <source>Moved</source>
        <translation>已移动</translation>
    </message>
    <message>
        <source>Moved to the trash</source>
        <translation>已移入回收站</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>新建文件夹</translation>
    </message>
    <message>
        <source>Taken back</source>
        <translation>已撤回</translation>
    </message>
    <message>
        <source>Taken out of the archive</source>
        <translation>已移出归档</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
</context>
<context>
    <name>StartView</name>
    <message>
        <source>A part of {model} is on {hosts}: what you write goes there unencrypted.</source>
        <translation>{model} 的一部分在 {hosts} 上：您所写的内容会以未加密的方式传到那里。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>Choose another…</source>
        <translation>另选…</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation>查找模型…</translation>
    </message>
    <message>
        <source>Find one that fits…</source>
        <translation>查找适合的模型…</translation>
    </message>
    <message>
        <source>Loading {model}</source>
        <translation>正在加载 {model}</translation>
    </message>
    <message>
        <source>Nothing of this chat is written to this machine&apos;s disk: it is gone here once you leave it.</source>
        <translation>此对话的任何内容都不会写入本机磁盘：离开后，它在本机上就不存在了。</translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation>打开 GGUF 文件…</translation>
    </message>
    <message>
        <source>Parley talks with models that run on this machine. Find one that fits, or open a file.</source>
        <translation>Parley 与在本机运行的模型对话。找一个合适的模型，或打开一个文件。</translation>
    </message>
    <message>
        <source>Part of the model that is loaded</source>
        <translation>模型已加载的部分</translation>
    </message>
    <message>
        <source>Temporary chat</source>
        <translation>临时对话</translation>
    </message>
    <message>
        <source>This machine has {total} of memory, {free} free.</source>
        <translation>本机有 {total} 内存，可用 {free}。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>What shall we talk about?</source>
        <translation>我们聊点什么？</translation>
    </message>
    <message>
        <source>or drop one on this window</source>
        <translation>或将文件拖到此窗口</translation>
    </message>
    <message>
        <source>{model} is ready.</source>
        <translation>{model} 已就绪。</translation>
    </message>
    <message>
        <source>{model} is ready. It runs on this machine; nothing leaves it.</source>
        <translation>{model} 已就绪。它在本机运行；任何内容都不会离开本机。</translation>
    </message>
    <message>
        <source>{model} runs on “{server}” at {host}: what you write is sent there.</source>
        <translation>{model} 运行在 {host} 的“{server}”上：您写的内容会发送到那里。</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent}%</translation>
    </message>
</context>
<context>
    <name>TemplateEditor</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>对话模板</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete “{name}”?</source>
        <translation>删除“{name}”？</translation>
    </message>
    <message>
        <source>Give up</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续编辑</translation>
    </message>
    <message>
        <source>Go on editing, or give them up?</source>
        <translation>继续编辑还是放弃？</translation>
    </message>
    <message>
        <source>It renders all of the test conversations.</source>
        <translation>它能渲染所有测试对话。</translation>
    </message>
    <message>
        <source>Jinja source</source>
        <translation>Jinja 源代码</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Line {line}</source>
        <translation>第 {line} 行</translation>
    </message>
    <message>
        <source>Models and presets that use it need another template then.</source>
        <translation>使用它的模型和预设此后需要另选模板。</translation>
    </message>
    <message>
        <source>My template</source>
        <translation>我的模板</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>The changes are not saved.</source>
        <translation>更改尚未保存。</translation>
    </message>
</context>
<context>
    <name>TextDialog</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
</context>
<context>
    <name>TitleField</name>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
</context>
<context>
    <name>TokenDialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Create one that may read, under Access Tokens in your account&apos;s settings.</source>
        <translation>在账户设置的“Access Tokens”中创建一个有读取权限的令牌。</translation>
    </message>
    <message>
        <source>Forget it</source>
        <translation>忘记令牌</translation>
    </message>
    <message>
        <source>HF_TOKEN is set, and is used before any other.</source>
        <translation>已设置 HF_TOKEN，优先于其他任何令牌。</translation>
    </message>
    <message>
        <source>It is kept in the system&apos;s keyring or, where that refuses, in a file that only you can read.</source>
        <translation>它保存在系统密钥环中；若不可用，则保存在只有您能读取的文件中。</translation>
    </message>
    <message>
        <source>It is sent to the Hub alone, and is in no log and no database.</source>
        <translation>它只发送给 Hub，不写入任何日志或数据库。</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>The token of the Hub&apos;s own client is used; one entered here goes first.</source>
        <translation>正在使用 Hub 官方客户端的令牌；在此输入的令牌优先。</translation>
    </message>
    <message>
        <source>There is a token in a file that only you can read; a new one takes its place.</source>
        <translation>只有您能读取的文件中已有令牌；新令牌将取代它。</translation>
    </message>
    <message>
        <source>There is a token in the system&apos;s keyring; a new one takes its place.</source>
        <translation>系统密钥环中已有令牌；新令牌将取代它。</translation>
    </message>
    <message>
        <source>This system has no keyring: it is kept in a file that only you can read.</source>
        <translation>此系统没有密钥环：令牌保存在只有您能读取的文件中。</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>访问令牌</translation>
    </message>
    <message>
        <source>Your token for the Hub</source>
        <translation>您的 Hub 访问令牌</translation>
    </message>
</context>
<context>
    <name>Transcript</name>
    <message>
        <source>Attached file {0}</source>
        <translation>附加文件 {0}</translation>
    </message>
    <message>
        <source>Code in {0}: {1}</source>
        <translation>{0} 代码：{1}</translation>
    </message>
    <message>
        <source>Code: {0}</source>
        <translation>代码：{0}</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>续写</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the code</source>
        <translation>复制代码</translation>
    </message>
    <message>
        <source>Copy the message</source>
        <translation>复制消息</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Formula: {0}</source>
        <translation>公式：{0}</translation>
    </message>
    <message>
        <source>Interrupted: what was written is kept</source>
        <translation>已中断：已写内容会保留</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>已置顶</translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation>思考</translation>
    </message>
    <message>
        <source>Reply</source>
        <translation>回复</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Save the code</source>
        <translation>保存代码</translation>
    </message>
    <message>
        <source>Scroll sideways</source>
        <translation>横向滚动</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Stopped at the token limit</source>
        <translation>达到 token 上限而停止</translation>
    </message>
    <message>
        <source>The context is full</source>
        <translation>上下文已满</translation>
    </message>
    <message>
        <source>The model sees from here</source>
        <translation>模型从此处看起</translation>
    </message>
    <message>
        <source>The version after</source>
        <translation>后一版本</translation>
    </message>
    <message>
        <source>The version before</source>
        <translation>前一版本</translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation>正在思考…</translation>
    </message>
    <message>
        <source>Thought</source>
        <translation>已思考</translation>
    </message>
    <message>
        <source>Thought for {0} s</source>
        <translation>已思考 {0} 秒</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>取消置顶</translation>
    </message>
    <message>
        <source>Unwrap</source>
        <translation>不换行</translation>
    </message>
    <message>
        <source>Wrap</source>
        <translation>自动换行</translation>
    </message>
    <message>
        <source>Wrap long lines</source>
        <translation>长行自动换行</translation>
    </message>
    <message>
        <source>You</source>
        <translation>您</translation>
    </message>
    <message>
        <source>about {0} tokens</source>
        <translation>约 {0} token</translation>
    </message>
    <message>
        <source>{0} / {1}</source>
        <translation>{0} / {1}</translation>
    </message>
    <message>
        <source>{0} answers from here</source>
        <translation>从此处起由 {0} 回复</translation>
    </message>
    <message>
        <source>{0} tok/s</source>
        <translation>{0} token/s</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} token</translation>
    </message>
</context>
<context>
    <name>TranscriptMenu</name>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy as Markdown</source>
        <translation>复制为 Markdown</translation>
    </message>
    <message>
        <source>Copy link</source>
        <translation>复制链接</translation>
    </message>
    <message>
        <source>Copy message</source>
        <translation>复制消息</translation>
    </message>
    <message>
        <source>Open link…</source>
        <translation>打开链接…</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
</context>
<context>
    <name>TranscriptView</name>
    <message>
        <source>Chat</source>
        <translation>对话</translation>
    </message>
</context>
<context>
    <name>TrashPanel</name>
    <message>
        <source>All that is in the trash will be deleted for good.</source>
        <translation>回收站中的所有内容将被永久删除。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Chats</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete for good…</source>
        <translation>永久删除…</translation>
    </message>
    <message>
        <source>Empty the trash</source>
        <translation>清空回收站</translation>
    </message>
    <message>
        <source>Empty…</source>
        <translation>清空…</translation>
    </message>
    <message>
        <source>Goes in {days} days</source>
        <translation>{days} 天后删除</translation>
    </message>
    <message>
        <source>Goes within a day</source>
        <translation>一天内删除</translation>
    </message>
    <message>
        <source>It cannot be brought back afterwards.</source>
        <translation>删除后无法恢复。</translation>
    </message>
    <message>
        <source>Messages</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>The trash is empty. What you delete is kept here for a while.</source>
        <translation>回收站为空。您删除的内容会在此保留一段时间。</translation>
    </message>
    <message>
        <source>This chat will be deleted for good.</source>
        <translation>此对话将被永久删除。</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>回收站</translation>
    </message>
    <message>
        <source>{count} chats will be deleted for good.</source>
        <translation>{count} 个对话将被永久删除。</translation>
    </message>
    <message>
        <source>{goes} · in “{title}”</source>
        <translation>{goes} · 位于“{title}”</translation>
    </message>
</context>
<context>
    <name>UpdateDesk</name>
    <message>
        <source>Parley {version} is there.</source>
        <translation>Parley {version} 已发布。</translation>
    </message>
    <message>
        <source>This is the newest version.</source>
        <translation>这已是最新版本。</translation>
    </message>
    <message>
        <source>What is new?</source>
        <translation>有何新内容？</translation>
    </message>
</context>
<context>
    <name>UpdateDialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Download and install</source>
        <translation>下载并安装</translation>
    </message>
    <message>
        <source>Downloading: {done} of {total}</source>
        <translation>正在下载：{done} / {total}</translation>
    </message>
    <message>
        <source>Newer version</source>
        <translation>新版本</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>以后再说</translation>
    </message>
    <message>
        <source>Of {date}. Version {current} runs here.</source>
        <translation>发布于 {date}。这里运行的是版本 {current}。</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Parley {version} is there</source>
        <translation>Parley {version} 已发布</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>{file} is verified and lies in the folder {folder}. Close Parley, and use this file in the place of the one that you had. Your chats stay as they are.</source>
        <translation>{file} 已通过验证，位于文件夹 {folder}。请关闭 Parley，并用此文件替换原来的文件。您的对话保持不变。</translation>
    </message>
    <message>
        <source>{file} is verified, and the system&apos;s installer has it. Close Parley before it begins. Your chats stay as they are, and are copied before the new version changes anything about them.</source>
        <translation>{file} 已通过验证并交给系统的安装程序。请在安装开始前关闭 Parley。您的对话保持不变，新版本改动之前会先备份。</translation>
    </message>
</context>
<context>
    <name>ValuesDialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>使用</translation>
    </message>
    <message>
        <source>“{name}” needs to know</source>
        <translation>“{name}”需要一些信息</translation>
    </message>
</context>
<context>
    <name>VariantDelegate</name>
    <message>
        <source>★ best</source>
        <translation>★ 最佳</translation>
    </message>
</context>
<context>
    <name>VariantModel</name>
    <message>
        <source>Bits</source>
        <translation>位数</translation>
    </message>
    <message>
        <source>Estimated from the file&apos;s size</source>
        <translation>按文件大小估计</translation>
    </message>
    <message>
        <source>Fits</source>
        <translation>适配</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Needs</source>
        <translation>需求</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>质量</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>Variant</source>
        <translation>变体</translation>
    </message>
    <message>
        <source>{quality} of {most}</source>
        <translation>{quality} / {most}</translation>
    </message>
</context>
<context>
    <name>VariantTable</name>
    <message>
        <source>Variants</source>
        <translation>变体</translation>
    </message>
</context>
</TS>
